/* SPDX-License-Identifier: Apache-2.0 */
#include "tool_common.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

volatile sig_atomic_t tool_stopped;
bool tool_quiet, tool_silent;
void (*tool_leaving)(int code);
unsigned tool_max_tables = TOOL_MAX_TABLES;

static const struct tool_about *about;
static char *const *arguments;
static int argument_count;
const char *tool_missing_hint;

static char last_error[1024];
/* The engine's message, until tool_fail() prints it. */
static char held_error[1024];
/* By tool_fail(). */
static bool failure_was_told;
/* Of the database that was opened last. */
static char opened_path[1024];

const struct tool_table_flag tool_table_flags[] = {
    {MDBX_REVERSEKEY, "reversekey"},
    {MDBX_DUPSORT, "dupsort"},
    {MDBX_INTEGERKEY, "integerkey"},
    {MDBX_DUPFIXED, "dupfixed"},
    {MDBX_INTEGERDUP, "integerdup"},
    {MDBX_REVERSEDUP, "reversedup"},
    {0, NULL},
};

/* ----------------------------------------------------------------------------------- messages and common options */

/* Writing failed because the reader has closed the pipe. */
static volatile sig_atomic_t pipe_closed;

/* The stream that failed first, and why. */
static FILE *failed_stream;
static int first_error;
static bool failure_told;

static int note_failure(FILE *out, int reason) {
  if (failed_stream != out) {
    failed_stream = out;
    failure_told = false;
    first_error = reason ? reason : pipe_closed ? EPIPE : MDBX_EIO;
  }
  return first_error;
}

int tool_stream_error(FILE *out) { return ferror(out) ? note_failure(out, errno) : MDBX_SUCCESS; }

bool tool_flush_some(void) {
  const int kept = errno;
  errno = 0;
  if (fflush(stdout) != 0)
    note_failure(stdout, errno);
  errno = kept;
  return !ferror(stdout);
}

static void print_note(const char *text) {
  if (!tool_silent)
    fprintf(stderr, "%s: note: %s\n", about->name, text);
}

/* tool_fail() did not print it. After a failure it only says what follows from that. */
static void release_error(void) {
  if (!*held_error)
    return;
  if (failure_was_told)
    print_note(held_error);
  else if (!tool_silent)
    fprintf(stderr, "%s: %s\n", about->name, held_error);
  *held_error = '\0';
}

static void log_to_stderr(MDBX_log_level_t level, const char *function, int line, const char *format, va_list args) {
  char text[1024];
  (void)function, (void)line;
  vsnprintf(text, sizeof(text), format, args);
  text[strcspn(text, "\n")] = '\0';
  tool_flush_some();
  if (level > MDBX_LOG_ERROR) {
    print_note(text);
    return;
  }
  /* The last one is the reason of the failure; an earlier one says what came before. */
  if (*held_error && strcmp(held_error, text) != 0)
    print_note(held_error);
  snprintf(last_error, sizeof(last_error), "%s", text);
  snprintf(held_error, sizeof(held_error), "%s", text);
}

static void note_signal(int number) {
  if (number == SIGPIPE)
    pipe_closed = 1;
  tool_stopped = number;
}

static void pass_over(int number) { (void)number; }

static void catch_signals(const int *numbers, size_t count, void (*handler)(int)) {
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = handler;
  for (size_t i = 0; i < count; ++i)
    sigaction(numbers[i], &action, NULL);
}

void tool_catch_signals(void) {
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  catch_signals(numbers, sizeof(numbers) / sizeof(numbers[0]), note_signal);
}

const char *tool_last_error(void) { return last_error; }

const char *tool_opened(void) { return opened_path; }

/* If a standard stream is closed, its descriptor is taken, so that the next file that is opened does not get it and
 * receive messages. Writing to this descriptor fails, as it would if it were closed. */
static void occupy_streams(void) {
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number)
    if (fcntl(number, F_GETFD) < 0 && open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY) != number)
      exit(EXIT_FAILURE);
}

void tool_start(const struct tool_about *tool, int argc, char *argv[]) {
  static const int pipe_number[] = {SIGPIPE}, limit_number[] = {SIGXFSZ};
  occupy_streams();
  if (!about)
    atexit(release_error);
  about = tool;
  failure_was_told = false;
  arguments = argv;
  argument_count = argc;
  /* A closed pipe is an error of the write, with a message, whatever the tool does. */
  catch_signals(pipe_number, 1, note_signal);
  /* So is writing beyond the limit of the length of files. */
  catch_signals(limit_number, 1, pass_over);
  mdbx_setup_debug(MDBX_LOG_WARN, MDBX_DBG_DONTCHANGE, log_to_stderr);
  if (argc == 2 && strcmp(argv[1], "--help") == 0)
    tool_help();
  if (argc == 2 && strcmp(argv[1], "--version") == 0)
    tool_version();
}

static void __attribute__((__noreturn__)) leave(int code) {
  if (tool_leaving)
    tool_leaving(code);
  exit(code);
}

void tool_help(void) {
  printf("usage: %s %s\n", about->name, about->arguments);
  fputs(about->options, stdout);
  leave(tool_flush(stdout, "standard output") == MDBX_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE);
}

void tool_version(void) {
  printf("%s: libmdbx %u.%u.%u%s%s\n", about->name, mdbx_version.major, mdbx_version.minor, mdbx_version.patch,
         mdbx_version.semver_prerelease ? "-" : "",
         mdbx_version.semver_prerelease ? mdbx_version.semver_prerelease : "");
  printf("  source   %s\n  target   %s\n  compiler %s\n  flags    %s\n  options  %s\n", mdbx_version.sourcery,
         mdbx_build.target, mdbx_build.compiler, mdbx_build.flags, mdbx_build.options);
  leave(tool_flush(stdout, "standard output") == MDBX_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void print_message(const char *format, va_list args) {
  tool_flush_some();
  release_error();
  fprintf(stderr, "%s: ", about->name);
  vfprintf(stderr, format, args);
}

void tool_usage(const char *format, ...) {
  if (format) {
    va_list args;
    va_start(args, format);
    print_message(format, args);
    va_end(args);
  }
  fprintf(stderr, "%s%s --help explains the options\n", format ? "; " : "", about->name);
  leave(EXIT_FAILURE);
}

/* A long option that getopt() stopped at, or has just left. */
static const char *long_option(void) {
  for (int i = optind - 1; i <= optind; ++i)
    if (i > 0 && i < argument_count && strncmp(arguments[i], "--", 2) == 0)
      return arguments[i];
  return "";
}

void tool_bad_option(int result, int option) {
  if (result == ':')
    tool_usage("option -%c needs an argument", option);
  if (option > ' ' && option < 127 && option != '-')
    tool_usage("unknown option -%c", option);
  tool_usage("unknown option %s", long_option());
}

void tool_message(const char *format, ...) {
  va_list args;
  if (tool_silent)
    return;
  va_start(args, format);
  print_message(format, args);
  va_end(args);
  fputc('\n', stderr);
}

/* One line: what failed, the engine's message, the error code, and a hint. */
static int fail_with_hint(int rc, const char *hint, const char *format, va_list args) {
  char message[2048], text[256];
  vsnprintf(message, sizeof(message), format, args);
  tool_flush_some();
  const bool named = rc > 0 || !*opened_path || strstr(message, opened_path);
  if (!tool_silent)
    fprintf(stderr, "%s: %s%s%s%s%s: %s (%d)%s%s\n", about->name, named ? "" : opened_path, named ? "" : ": ", message,
            *held_error ? ": " : "", held_error, mdbx_strerror_r(rc, text, sizeof(text)), rc, hint ? "; " : "",
            hint ? hint : "");
  *held_error = '\0';
  failure_was_told = true;
  return rc;
}

int tool_fail(int rc, const char *format, ...) {
  va_list args;
  va_start(args, format);
  fail_with_hint(rc, NULL, format, args);
  va_end(args);
  return rc;
}

static int fail_to_open(int rc, const char *hint, const char *format, ...) TOOL_PRINTF(3, 4);
static int fail_to_open(int rc, const char *hint, const char *format, ...) {
  va_list args;
  va_start(args, format);
  fail_with_hint(rc, hint, format, args);
  va_end(args);
  return rc;
}

/* A file that was made for nothing is removed. */
static FILE *stream_of(int descriptor, const char *path) {
  FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
  if (descriptor >= 0 && !file) {
    const int reason = errno;
    close(descriptor);
    tool_discard(path);
    errno = reason;
  }
  return file;
}

/* Somebody may have put a link there to make us overwrite another file. */
static bool is_trusted_link(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0 && S_ISLNK(status.st_mode) && (!status.st_uid || status.st_uid == geteuid());
}

/* The databases that were opened last, known by device and number. */
static struct {
  dev_t device;
  ino_t number;
} opened_files[8];
static unsigned opened_count;

void tool_note_opened(const MDBX_env *env) {
  struct stat status;
  mdbx_filehandle_t fd;
  if (mdbx_env_get_fd(env, &fd) != MDBX_SUCCESS || fstat(fd, &status) != 0)
    return;
  const unsigned place = opened_count++ % (sizeof(opened_files) / sizeof(opened_files[0]));
  opened_files[place].device = status.st_dev;
  opened_files[place].number = status.st_ino;
}

/* The first bytes of every lock file. */
static bool is_lock_file(const char *path) {
  char begin[7];
  FILE *file = fopen(path, "rb");
  const bool found = file && fread(begin, sizeof(begin), 1, file) == 1 && memcmp(begin, "mdbxlck", sizeof(begin)) == 0;
  if (file)
    fclose(file);
  return found;
}

bool tool_must_stay(const char *path) {
  struct stat status;
  if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
    return false;
  bool found = is_lock_file(path);
  for (unsigned i = 0; i < opened_count && i < sizeof(opened_files) / sizeof(opened_files[0]); ++i)
    found |= opened_files[i].device == status.st_dev && opened_files[i].number == status.st_ino;
  if (found)
    snprintf(held_error, sizeof(held_error), "it is the database that is read, or a lock file");
  return found;
}

FILE *tool_create(const char *path) {
  if (tool_must_stay(path)) {
    errno = EINVAL;
    return NULL;
  }
  const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC;
  int descriptor = open(path, flags | O_NOFOLLOW, 0666);
  if (descriptor < 0 && errno == ELOOP && is_trusted_link(path))
    descriptor = open(path, flags, 0666);
  return stream_of(descriptor, path);
}

FILE *tool_create_new(const char *path) {
  return stream_of(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), path);
}

void tool_discard(const char *path) {
  struct stat status;
  const bool known = lstat(path, &status) == 0;
  if (known && !S_ISREG(status.st_mode))
    return;
  if ((!known || unlink(path) != 0) && errno != ENOENT && errno != ENAMETOOLONG)
    tool_message("note: %s stays, but is incomplete: %s", path, strerror(errno));
}

int tool_flush(FILE *out, const char *name) {
  errno = 0;
  if (fflush(out) == 0 && !ferror(out))
    return MDBX_SUCCESS;
  const int reason = note_failure(out, errno);
  if (failure_told && failed_stream == out)
    return reason;
  failure_told = failed_stream == out;
  return tool_fail(reason, "%s", name);
}

/* -------------------------------------------------------------------------------------------- opening a database */

/* The path names a data file directly. For a path that does not exist the caller's flags decide. */
static unsigned flags_for_path(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && !S_ISDIR(status.st_mode) ? MDBX_NOSUBDIR : 0;
}

/* The name of the data file that programs for LMDB use in a directory. */
#define LMDB_DATANAME "/data.mdb"

/* The data file in a directory, under our name or LMDB's. */
static const char *find_data(const char *path, char *buffer, size_t size) {
  if ((size_t)snprintf(buffer, size, "%s" MDBX_DATANAME, path) >= size || access(buffer, F_OK) == 0)
    return path;
  if ((size_t)snprintf(buffer, size, "%s" LMDB_DATANAME, path) >= size || access(buffer, F_OK) != 0)
    return path;
  return buffer;
}

/* The engine would make a new database of an empty file; this is refused unless the user asked for a new database. */
static bool is_empty(const char *path) {
  char data[4096];
  struct stat status;
  const int length = snprintf(data, sizeof(data), "%s%s", path, flags_for_path(path) ? "" : MDBX_DATANAME);
  return length < (int)sizeof(data) && stat(data, &status) == 0 && S_ISREG(status.st_mode) && !status.st_size;
}

static bool without_lock_file;
static unsigned alone;

bool tool_take_access(int option) {
  if (option == 'L')
    without_lock_file = true;
  else if (option == 'X')
    alone = MDBX_EXCLUSIVE;
  return option == 'L' || option == 'X';
}

static bool warming;
static unsigned warm_flags;

bool tool_take_warming(int option) {
  if (option != 'u' && option != 'U')
    return false;
  warming = true;
  warm_flags |= MDBX_warmup_force | MDBX_warmup_oomsafe;
  if (option == 'U')
    warm_flags |= MDBX_warmup_lock | MDBX_warmup_touchlimit;
  return true;
}

bool tool_warm_up(const MDBX_env *env) {
  const int rc = warming ? mdbx_env_warmup(env, NULL, (MDBX_warmup_flags_t)warm_flags, 0) : MDBX_RESULT_TRUE;
  if (warming && rc != MDBX_SUCCESS)
    tool_fail(rc, "note: cannot warm up %s", opened_path);
  return rc == MDBX_SUCCESS;
}

int tool_try_open(MDBX_env **env, const char *path, unsigned flags, mdbx_mode_t mode) {
  char found[4096];
  if ((flags & MDBX_RDONLY) || !mode)
    path = find_data(path, found, sizeof(found));
  if (without_lock_file && !(flags & MDBX_RDONLY))
    tool_usage("-L is for what only reads");
  int rc = *env ? MDBX_SUCCESS : mdbx_env_create(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (without_lock_file)
    mdbx_env_set_lockless(*env, true);
  rc = !mode && !(flags & MDBX_RDONLY) && is_empty(path) ? MDBX_INVALID : MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_set_maxdbs(*env, tool_max_tables);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_open(*env, path, (MDBX_env_flags_t)(flags | alone | flags_for_path(path)), mode);
  if (rc == MDBX_SUCCESS) {
    tool_note_opened(*env);
    return rc;
  }
  mdbx_env_close_ex(*env, true);
  *env = NULL;
  return rc;
}

/* LMDB's magic number follows the header of its first page. */
bool tool_is_of_lmdb(const char *path) {
  char found[4096];
  uint32_t words[6] = {0};
  const char *data = flags_for_path(path) ? path : find_data(path, found, sizeof(found));
  struct stat status;
  FILE *file = stat(data, &status) == 0 && S_ISREG(status.st_mode) ? fopen(data, "rb") : NULL;
  if (!file)
    return false;
  const bool whole = fread(words, sizeof(words), 1, file) == 1;
  fclose(file);
  return whole && words[4] == UINT32_C(0xBEEFC0DE);
}

/* A hint, or NULL. */
static const char *hint_for(int rc, const char *path, unsigned flags) {
  if (rc == MDBX_EREMOTE)
    return flags & MDBX_RDONLY ? "-X opens it while nobody else does, -L reads it while nobody writes"
                               : "-X opens it while nobody else does";
  if ((flags & MDBX_RDONLY) && strstr(held_error, "the lock file ") && rc > 0)
    return "-L reads without it, while nobody writes";
  if (rc == MDBX_TOO_LARGE)
    return "the address space of this process is limited, perhaps by ulimit -v";
  if (rc == MDBX_ENOFILE && !(flags & MDBX_RDONLY))
    return tool_missing_hint;
  if (rc == MDBX_INVALID && !(flags & MDBX_RDONLY) && is_empty(path))
    return "the file is empty";
  if ((rc == MDBX_INVALID || rc == MDBX_VERSION_MISMATCH) && tool_is_of_lmdb(path))
    return "it was written by LMDB; mdbx_load reads what mdb_dump writes: see lmdb.md in the documentation";
  if (rc == MDBX_WANNA_RECOVERY)
    return "it was not closed properly: open it once for writing, as mdbx_chk -w does";
  return NULL;
}

int tool_open(MDBX_env **env, const char *path, unsigned flags, mdbx_mode_t mode) {
  const int rc = tool_try_open(env, path, flags, mode);
  if (rc == MDBX_SUCCESS) {
    snprintf(opened_path, sizeof(opened_path), "%s", path);
    return rc;
  }
  struct stat status;
  const bool directory = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
  return fail_to_open(rc, hint_for(rc, path, flags), "cannot open %s%s", path,
                      rc == MDBX_ENOFILE && directory ? MDBX_DATANAME : "");
}

int tool_open_for_reading(MDBX_env **env, const char *path, unsigned flags) {
  return tool_open(env, path, flags | MDBX_RDONLY | MDBX_ACCEDE, 0);
}

int tool_begin_reading(MDBX_env *env, MDBX_txn **txn) {
  const int rc = mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, txn);
  return rc == MDBX_SUCCESS ? rc : tool_fail(rc, "cannot begin to read");
}

void tool_close(MDBX_env *env, MDBX_txn *txn) {
  if (txn)
    mdbx_txn_abort(txn);
  if (env)
    mdbx_env_close(env);
}

/* ------------------------------------------------------------------------------------------------ names of tables */

static int keep_name(void *context, const MDBX_txn *txn, const MDBX_val *name, MDBX_db_flags_t flags,
                     const MDBX_stat *stat, MDBX_dbi dbi) {
  struct tool_names *names = context;
  (void)txn, (void)flags, (void)stat, (void)dbi;
  if (names->count == names->capacity) {
    const size_t capacity = names->capacity ? names->capacity * 2 : 16;
    MDBX_val *bigger = realloc(names->at, capacity * sizeof(*bigger));
    if (!bigger)
      return MDBX_ENOMEM;
    names->at = bigger;
    names->capacity = capacity;
  }
  /* One byte more, so that an empty name has an address and any name is a string. */
  char *copy = malloc(name->iov_len + 1);
  if (!copy)
    return MDBX_ENOMEM;
  if (name->iov_len)
    memcpy(copy, name->iov_base, name->iov_len);
  copy[name->iov_len] = '\0';
  names->at[names->count].iov_base = copy;
  names->at[names->count++].iov_len = name->iov_len;
  return MDBX_SUCCESS;
}

static int order_names(const void *left, const void *right) {
  const MDBX_val *a = left, *b = right;
  const size_t shorter = a->iov_len < b->iov_len ? a->iov_len : b->iov_len;
  const int order = shorter ? memcmp(a->iov_base, b->iov_base, shorter) : 0;
  return order ? order : (a->iov_len > b->iov_len) - (a->iov_len < b->iov_len);
}

/* The main table may have another order than tool_has_name() needs: reversed keys, integers, a comparator. */
int tool_list_tables(const MDBX_txn *txn, struct tool_names *names) {
  memset(names, 0, sizeof(*names));
  const int rc = mdbx_enumerate_tables(txn, keep_name, names);
  if (names->count)
    qsort(names->at, names->count, sizeof(*names->at), order_names);
  return rc == MDBX_SUCCESS ? rc : tool_fail(rc, "cannot list the tables");
}

void tool_free_names(struct tool_names *names) {
  for (size_t i = 0; i < names->count; ++i)
    free(names->at[i].iov_base);
  free(names->at);
  memset(names, 0, sizeof(*names));
}

bool tool_has_name(const struct tool_names *names, const MDBX_val *key) {
  return names->count && bsearch(key, names->at, names->count, sizeof(*names->at), order_names);
}

const char *tool_shown_name(const MDBX_val *name) {
  static char text[1024];
  return name->iov_len ? mdbx_dump_val(name, text, sizeof(text)) : "<empty name>";
}

const char *tool_reader_state(mdbx_tid_t thread) {
  if (thread == MDBX_TID_PARKED)
    return "parked";
  return thread == MDBX_TID_OUSTED ? "ousted" : NULL;
}

const char *tool_reader_thread(mdbx_tid_t thread) {
  static char text[2 * sizeof(uint64_t) + 1];
  const char *state = tool_reader_state(thread);
  if (state)
    return state;
  snprintf(text, sizeof(text), "%" PRIx64, (uint64_t)thread);
  return text;
}

int tool_hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}
