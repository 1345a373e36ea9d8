/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/shell.c: the target of lines that the shell of mdbx reads. They are about a database in a folder made for them.
 *
 * Nothing outside of that folder is touched and no other program runs: bytes that a path out of the folder or a pipe would
 * need are replaced before the shell sees them, and every attempt to execute a program fails the target. What the shell runs
 * in processes of their own may take a second and must not crash. The database is sound in the end.
 */
#include "fuzz.h"

#include "tools/mdbx/command.h"
#include "tools/mdbx/subcommands.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_MOST = 2000, CHILD_SECONDS = 1 };

static int home = -1; /* the working folder of the driver */

/* ------------------------------------------------------------------------------------- what the linker redirects here */

pid_t __real_fork(void);
pid_t __wrap_fork(void);
pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);
int __wrap_execl(const char *path, const char *argument, ...);
int __wrap_execv(const char *path, char *const argv[]);
int __wrap_execvp(const char *name, char *const argv[]);
int __wrap_posix_spawnp(pid_t *pid, const char *name, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const argv[], char *const environment[]);

/* The driver must not see a child's exit() as its own. */
static void leave_child(int code) { _exit(code); }

pid_t __wrap_fork(void) {
  const pid_t pid = __real_fork();
  if (pid == 0) {
    tool_leaving = leave_child;
    alarm(CHILD_SECONDS);
    signal(SIGALRM, SIG_DFL); /* "watch" would go on for ever */
  }
  return pid;
}

pid_t __wrap_waitpid(pid_t pid, int *status, int options) {
  int ended = 0;
  const pid_t which = __real_waitpid(pid, &ended, options);
  if (which > 0 && WIFSIGNALED(ended) && WTERMSIG(ended) != SIGALRM)
    fuzz_fail("a command of the shell was ended by signal %d", WTERMSIG(ended));
  if (status)
    *status = ended;
  return which;
}

/* What ".output |PROGRAM" would come to: the bar never gets to the shell. */
int __wrap_execl(const char *path, const char *argument, ...) {
  (void)argument;
  fuzz_fail("the shell runs %s", path);
}

/* "chk" runs the checker and "import" mdb_dump; here they are not installed. */
static int not_installed(void) { return errno = ENOENT; }

int __wrap_execv(const char *path, char *const argv[]) {
  (void)path, (void)argv;
  not_installed();
  return -1;
}

int __wrap_execvp(const char *name, char *const argv[]) { return __wrap_execv(name, argv); }

int __wrap_posix_spawnp(pid_t *pid, const char *name, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const argv[], char *const environment[]) {
  (void)pid, (void)name, (void)actions, (void)attributes, (void)argv, (void)environment;
  return not_installed();
}

/* So that a child that a sanitizer ends is one that a signal has ended. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "abort_on_error=1"; }
const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void) { return "abort_on_error=1:halt_on_error=1"; }

/* ------------------------------------------------------------------------------------------------------- one input */

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  fuzz_setup();
  home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  FUZZ_MUST(home >= 0);
  FUZZ_MUST(freopen("/dev/null", "r", stdin) != NULL);
#ifdef __GLIBC__
  /* What the shell says goes nowhere; drivers and sanitizers write to the descriptor, not to the stream. */
  if (!getenv("FUZZ_LOUD")) {
    FUZZ_MUST(freopen("/dev/null", "w", stdout) != NULL);
    FUZZ_MUST((stderr = fopen("/dev/null", "w")) != NULL);
  }
#endif
  return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
  (void)status, (void)kind;
  return walk->level ? remove(path) : 0;
}

static void go_into_empty_folder(void) {
  const char *folder = fuzz_path(".");
  nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  FUZZ_MUST(chdir(folder) == 0);
}

static void make_database(void) {
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_dbi dbi;
  char k[] = "k", v[] = "v";
  MDBX_val key = {k, 1}, value = {v, 1};
  FUZZ_OK(mdbx_env_create(&env));
  FUZZ_OK(mdbx_env_set_maxdbs(env, 2));
  FUZZ_OK(mdbx_env_set_geometry(env, 0, 0, 4 << 20, 4096, 8192, 1024));
  FUZZ_OK(mdbx_env_open(env, "db", MDBX_UTTERLY_NOSYNC, 0700));
  FUZZ_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  FUZZ_OK(mdbx_dbi_open(txn, "t", MDBX_CREATE | MDBX_DUPSORT, &dbi));
  FUZZ_OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
  FUZZ_OK(mdbx_txn_commit(txn));
  FUZZ_OK(mdbx_env_close_ex(env, false));
}

/* No command can name the files in the folder "db", so none may damage them. */
static void must_be_sound(void) {
  MDBX_env *env;
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  FUZZ_OK(mdbx_env_create(&env));
  FUZZ_OK(mdbx_env_open(env, "db", MDBX_RDONLY, 0));
  FUZZ_OK(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0));
  FUZZ_MUST(context.result.total_problems == 0);
  FUZZ_OK(mdbx_env_close_ex(env, true));
}

static void run_lines(char *text, size_t length) {
  static char name[] = "shell", database[] = "db";
  char *argv[] = {name, database, NULL};
  FILE *const before = stdin;
  FUZZ_MUST((stdin = fmemopen(text, length, "r")) != NULL);
  memset(&wishes, 0, sizeof(wishes));
  tool_quiet = false;
  tool_stopped = 0;
  command_run(command_find(name), 2, argv);
  fclose(stdin);
  stdin = before;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char text[TEXT_MOST];
  if (!size || size > sizeof(text))
    return 0;
  for (size_t i = 0; i < size; ++i)
    text[i] = (char)(data[i] == '/' ? '_' : data[i] == '|' ? '!' : data[i]);
  go_into_empty_folder();
  make_database();
  run_lines(text, size);
  must_be_sound();
  FUZZ_MUST(fchdir(home) == 0);
  nftw(fuzz_path("."), remove_one, 8, FTW_DEPTH | FTW_PHYS);
  return 0;
}

/* --------------------------------------------------------------------------------------------------------- mutations */

static const char *const lines[] = {
    "begin\n",
    "commit\n",
    "abort\n",
    "use t\n",
    "use\n",
    "tables\n",
    "put a 1\n",
    "put -t t k x\n",
    "put -c -t new 'a b' \"c d\"\n",
    "put --key-format hex 00ff z\n",
    "get\n",
    "get -r -l 2 k a\n",
    "get --json -p a\n",
    "get --hex -f a -T z\n",
    "del k\n",
    "del -t t k v\n",
    "edit --set a=1 --add b=2 --delete k\n",
    "edit -F dupsort,integerdup -t n --value-format u32 --set a=7\n",
    "drop -t t\n",
    "drop -d -t t\n",
    "count t @MAIN\n",
    "stat\n",
    "stat --prometheus\n",
    "readers -c\n",
    "geometry -u 2M -d\n",
    "copy -c copy\n",
    "backup -f increment\n",
    "dump -p\n",
    "dump -o text\n",
    "load -N text\n",
    "rewrite other\n",
    "defrag\n",
    "open other\n",
    "open db\n",
    ".output file\n",
    ".once file\n",
    ".output\n",
    ".read file\n",
    ".timer on\n",
    "help put\n",
    "# comment\n",
    "put 'open quote\n",
    "put back\\\\slash \\ \n",
    "quit\n",
};

/* Puts one of the lines above before another line of the text. */
static size_t insert_line(uint8_t *data, size_t size, size_t max_size, uint64_t *random) {
  const char *line = lines[fuzz_below(random, sizeof(lines) / sizeof(lines[0]))];
  const size_t length = strlen(line);
  size_t at = fuzz_below(random, size + 1);
  while (at > 0 && data[at - 1] != '\n')
    --at;
  if (size + length > max_size || size + length > TEXT_MOST)
    return size;
  memmove(data + at + length, data + at, size - at);
  memcpy(data + at, line, length);
  return size + length;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
  uint64_t random = seed;
  return fuzz_below(&random, 2) ? insert_line(data, size, max_size, &random) : LLVMFuzzerMutate(data, size, max_size);
}
