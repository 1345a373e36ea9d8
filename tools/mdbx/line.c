/* SPDX-License-Identifier: Apache-2.0 */
#include "line.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_EDIT
#include <histedit.h>
#endif

#define HISTORY_LINES 1000

static struct line_reader reader;
static bool interactive;
static char *text;
static size_t capacity;
static int failure;

/* ------------------------------------------------------------------------------------------------------ plain lines */

static char *read_plain(void) {
  if (interactive) {
    fputs(reader.prompt(), stdout);
    tool_flush_some();
  }
  errno = 0;
  const ssize_t length = getline(&text, &capacity, stdin);
  if (length < 0 && !feof(stdin))
    failure = errno ? errno : MDBX_EIO;
  return length < 0 ? NULL : text;
}

#ifdef HAVE_EDIT

/* ------------------------------------------------------------------------------------------------------ the history */

static EditLine *editor;
static History *past;
static char history_file[4096];

static void make_folders(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    mkdir(path, 0700);
    *slash = '/';
  }
}

static void find_history(void) {
  const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
  int length = -1;
  if (state && *state == '/')
    length = snprintf(history_file, sizeof(history_file), "%s/mdbx/history", state);
  else if (home && *home == '/')
    length = snprintf(history_file, sizeof(history_file), "%s/.local/state/mdbx/history", home);
  if (length < 0 || (size_t)length >= sizeof(history_file))
    history_file[0] = '\0';
  else
    make_folders(history_file);
}

/* ------------------------------------------------------------------------------------------------------- completion */

/* The typed part of the word, and the common beginning of its possible completions, as they must be typed. */
static struct {
  const char *typed;
  size_t length, common;
  unsigned count;
  char first[1024];
  bool listing;
} match;

/* Writes a word as it must be typed; false: it cannot be. */
static bool write_word(const char *word, char *out, size_t size) {
  size_t length = 0;
  for (; *word; ++word) {
    if ((unsigned char)*word < ' ' || length + 3 > size)
      return false;
    if (strchr(" '\"\\", *word))
      out[length++] = '\\';
    out[length++] = *word;
  }
  out[length] = '\0';
  return length > 0;
}

static void take_candidate(const char *name) {
  char word[sizeof(match.first)];
  if (!write_word(name, word, sizeof(word)) || strncmp(word, match.typed, match.length) != 0)
    return;
  if (match.listing)
    printf("  %s", word);
  if (match.count++ == 0) {
    strcpy(match.first, word);
    match.common = strlen(word);
  }
  size_t same = 0;
  while (same < match.common && word[same] == match.first[same])
    ++same;
  match.common = same;
}

/* The word before the cursor, or what stands behind the equals sign of a long option; and the first word of the line, ""
 * if it is this one. */
static const char *find_word(const LineInfo *info, char *first, size_t size) {
  const char *word = info->buffer, *end = info->buffer;
  *first = '\0';
  for (const char *at = info->buffer; at < info->cursor; ++at) {
    if (*at != ' ') {
      at += *at == '\\' && at + 1 < info->cursor;
      end = at + 1;
      continue;
    }
    if (end > word && !*first)
      snprintf(first, size, "%.*s", (int)(end - word), word);
    word = at + 1;
  }
  const char *equals = memchr(word, '=', (size_t)(info->cursor - word));
  return *first && equals && strncmp(word, "--", 2) == 0 ? equals + 1 : word;
}

static unsigned char complete(EditLine *line, int key) {
  const LineInfo *info = el_line(line);
  char first[64], typed[1024];
  (void)key;
  const char *word = find_word(info, first, sizeof(first));
  memset(&match, 0, sizeof(match));
  match.length = (size_t)(info->cursor - word);
  if (match.length >= sizeof(typed))
    return CC_ERROR;
  memcpy(typed, word, match.length);
  typed[match.length] = '\0';
  match.typed = typed;
  reader.candidates(first, take_candidate);
  if (!match.count)
    return CC_ERROR;
  const size_t more = match.common - match.length;
  match.first[match.common] = '\0';
  if (more && el_insertstr(line, match.first + match.length) != 0)
    return CC_ERROR;
  if (match.count == 1)
    return el_insertstr(line, " ") == 0 ? CC_REFRESH : CC_ERROR;
  if (more)
    return CC_REFRESH;
  putchar('\n');
  match.listing = true;
  reader.candidates(first, take_candidate);
  putchar('\n');
  tool_flush_some();
  return CC_REDISPLAY;
}

/* ----------------------------------------------------------------------------------------------------- edited lines */

static char *prompt_of_editor(EditLine *line) {
  (void)line;
  return (char *)(uintptr_t)reader.prompt();
}

static void begin_editor(void) {
  HistEvent event;
  editor = el_init("mdbx", stdin, stdout, stderr);
  past = history_init();
  if (!editor || !past)
    return;
  history(past, &event, H_SETSIZE, HISTORY_LINES);
  history(past, &event, H_SETUNIQUE, 1);
  find_history();
  if (*history_file)
    history(past, &event, H_LOAD, history_file);
  el_set(editor, EL_PROMPT, prompt_of_editor);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_HIST, history, past);
  el_set(editor, EL_ADDFN, "mdbx-complete", "complete commands and tables", complete);
  el_set(editor, EL_BIND, "^I", "mdbx-complete", NULL);
  el_source(editor, NULL);
}

static char *read_edited(void) {
  HistEvent event;
  int length = 0;
  const char *line = el_gets(editor, &length);
  if (!line || length <= 0)
    return NULL;
  char *copy = strdup(line);
  free(text);
  text = copy;
  if (copy && strspn(copy, " \t\n") != strlen(copy))
    history(past, &event, H_ENTER, line);
  return copy;
}

static void end_editor(void) {
  HistEvent event;
  if (past && *history_file && history(past, &event, H_SAVE, history_file) < 0 && !tool_quiet)
    tool_message("cannot save the history to %s", history_file);
  if (past)
    history_end(past);
  if (editor)
    el_end(editor);
}

static bool can_edit(void) { return interactive && editor && past; }

#else

static void begin_editor(void) {}
static char *read_edited(void) { return NULL; }
static void end_editor(void) {}
static bool can_edit(void) { return false; }

#endif

/* --------------------------------------------------------------------------------------------------------- either */

void line_begin(const struct line_reader *wanted) {
  reader = *wanted;
  interactive = on_terminal(STDIN_FILENO) && on_terminal(STDOUT_FILENO);
  if (interactive)
    begin_editor();
}

char *line_read(void) {
  char *line = can_edit() ? read_edited() : read_plain();
  if (line)
    line[strcspn(line, "\n")] = '\0';
  else if (interactive)
    putchar('\n');
  return line;
}

int line_error(void) { return failure; }

void line_end(void) {
  if (interactive)
    end_editor();
  free(text);
  text = NULL;
}
