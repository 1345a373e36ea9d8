/* SPDX-License-Identifier: Apache-2.0 */
/* The os layer on Windows: files, names, maps, byte locks, the shared lock, facts. It works in the present directory. */
#include "os/os.h"

#include "win_test.h"

#include <errno.h>
#include <io.h>

/* ---- What processes share --------------------------------------------------------------------------------------- */

struct arena {
  struct os_shlock lock;
  _Atomic uint32_t ready, stop, word, takeovers, errors;
  uint64_t first, second; /* equal unless the holder of the lock has died */
  uint64_t boot[2], clock;
};

static struct arena *open_arena(void) {
  void *addr;
  int fd;
  MUST(os_open("arena", OS_OPEN_CREATE, 0600, &fd));
  MUST(os_ops->allocate(fd, 0, sizeof(struct arena)));
  MUST(os_map_shared(fd, sizeof(struct arena), &addr));
  os_close(fd);
  return addr;
}

static int open_file(const char *name) {
  int fd;
  MUST(os_open(name, OS_OPEN_CREATE, 0600, &fd));
  return fd;
}

/* Those bytes and no more up to the end of the file. */
static void expect_tail(int fd, uint64_t offset, const char *wanted) {
  char got[256];
  const size_t length = strlen(wanted);
  size_t count = 0;
  OK(os_pread_full(fd, got, length + 1, offset, &count));
  EXPECT(count == length && memcmp(got, wanted, length) == 0);
}

/* ---- Files ------------------------------------------------------------------------------------------------------ */

static void files_open(void) {
  int fd, other;
  bool regular = false;
  IS(os_open("absent", OS_OPEN_READ, 0, &fd), ENOENT);
  EXPECT(fd == -1);
  IS(os_open("absent", OS_OPEN_WRITE, 0, &fd), ENOENT);
  IS(os_open("absent/file", OS_OPEN_CREATE, 0600, &fd), ENOENT);
  MUST(os_open("file", OS_OPEN_CREATE, 0600, &fd));
  EXPECT(fd > 2);
  IS(os_open("file", OS_OPEN_CREATE_NEW, 0600, &other), EEXIST);
  OK(os_file_is_regular(fd, &regular));
  EXPECT(regular && !os_file_is_stream(fd) && !os_file_on_readonly_fs(fd) && !os_file_is_remote(fd));
  OK(os_write_full(fd, "abc", 3));
  OK(os_write_full(fd, "def", 3));
  expect_tail(fd, 0, "abcdef");
  expect_tail(fd, 4, "ef");
  expect_tail(fd, 9, "");
  MUST(os_open("file", OS_OPEN_READ, 0, &other));
  struct iovec one = {(void *)(uintptr_t) "x", 1};
  IS(os_ops->pwritev(other, &one, 1, 0), EACCES);
  os_close(other);
  IS(os_ops->datasync(other), EBADF);
  OK(os_close(fd));
}

static void files_write(void) {
  const int fd = open_file("written");
  uint64_t length = 0;
  bool blank = true;
  struct iovec chunks[] = {{(void *)(uintptr_t) "one", 3}, {NULL, 0}, {(void *)(uintptr_t) "three", 5}};
  OK(os_ops->pwritev(fd, chunks, 3, UINT64_C(5000000000)));
  expect_tail(fd, UINT64_C(5000000000), "onethree");
  OK(os_file_size(fd, &length));
  EXPECT(length == UINT64_C(5000000008));
  OK(os_ops->resize(fd, 100));
  OK(os_file_is_blank(fd, 100, &blank));
  EXPECT(blank);
  OK(os_ops->write_through(fd, "last", 4, 50));
  OK(os_file_is_blank(fd, 100, &blank));
  EXPECT(!blank);
  OK(os_ops->allocate(fd, 100, 8000));
  OK(os_file_size(fd, &length));
  EXPECT(length == 8000);
  OK(os_ops->allocate(fd, 0, 50));
  OK(os_ops->datasync(fd));
  expect_tail(fd, 8000, "");
  os_file_begin_flush(fd);
  OK(os_file_sync(fd));
  os_close(fd);
}

static void files_have_identity(void) {
  struct os_file_id a, b, c;
  unsigned links = 0;
  uint64_t allocated = 0;
  uint32_t block = 0;
  mode_t mode = 0;
  const int fd = open_file("one"), other = open_file("two");
  EXPECT(CreateHardLinkA("alias", "one", NULL));
  OK(os_file_id(fd, &a));
  OK(os_path_id("alias", &b));
  OK(os_file_id(other, &c));
  EXPECT(os_file_id_equal(&a, &b) && !os_file_id_equal(&a, &c));
  OK(os_file_links(fd, &links));
  EXPECT(links == 2);
  OK(os_file_mode(fd, &mode));
  EXPECT((mode & 0600) == 0600);
  OK(os_file_blocks(fd, &allocated, &block));
  EXPECT(block > 0);
  os_close(fd);
  os_close(other);
  OK(os_unlink("alias"));
  IS(os_unlink("alias"), ENOENT);
  IS(os_path_id("alias", &b), ENOENT);
}

/* ---- Names ------------------------------------------------------------------------------------------------------ */

static void names_of_directories(void) {
  OK(os_mkdir("dir", 0700));
  IS(os_mkdir("dir", 0700), EEXIST);
  EXPECT(os_path_is_directory("dir") && os_path_is_special("dir") && os_path_exists("dir"));
  const int fd = open_file("dir/file");
  EXPECT(!os_path_is_directory("dir\\file") && !os_path_is_special("dir/file"));
  EXPECT(!os_path_is_remote("dir/file"));
  OK(os_sync_parent("dir/file"));
  OK(os_sync_parent("relative"));
  IS(os_sync_parent("absent/file"), ENOENT);
  IS(os_rmdir("dir"), ENOTEMPTY);
  os_close(fd);
  OK(os_rename("dir/file", "renamed"));
  EXPECT(os_path_exists("renamed") && !os_path_exists("dir/file"));
  OK(os_rename("renamed", "file"));
  OK(os_rmdir("dir"));
  static const char *const parents[][2] = {{"a/b", "a"},     {"a\\b\\", "a"},   {"file", "."},  {"/file", "/"},
                                           {"C:file", "C:"}, {"C:\\f", "C:\\"}, {"a/b//", "a"}, {"a//b", "a"}};
  for (size_t i = 0; i < COUNT_OF(parents); ++i) {
    char *parent = os_path_parent(parents[i][0]);
    EXPECT(parent && strcmp(parent, parents[i][1]) == 0);
    free(parent);
  }
}

static void names_in_utf8(void) {
  char name[600], *real = NULL;
  int fd;
  enum os_target kind;
  MUST(os_open("\xc3\xa9\xe2\x82\xac", OS_OPEN_CREATE, 0600, &fd));
  os_close(fd);
  EXPECT(_waccess(L"\u00e9\u20ac", 0) == 0);
  OK(os_unlink("\xc3\xa9\xe2\x82\xac"));
  IS(os_open("\xff\xfe", OS_OPEN_CREATE, 0600, &fd), EILSEQ);
  OK(os_path_target("absent", &kind, &real));
  EXPECT(kind == OS_TARGET_NEW && real && strcmp(real, "absent") == 0);
  free(real);
  OK(os_path_target("file", &kind, &real));
  EXPECT(kind == OS_TARGET_FILE && real && strcmp(real, "file") == 0);
  free(real);
  OK(os_path_target(".", &kind, &real));
  EXPECT(kind == OS_TARGET_SPECIAL);
  free(real);
  /* Longer than the system takes without a prefix. */
  strcpy(name, "long");
  OK(os_mkdir(name, 0700));
  for (int i = 0; i < 3; ++i) {
    const size_t at = strlen(name);
    name[at] = '/';
    memset(name + at + 1, 'a' + i, 120);
    name[at + 121] = 0;
    OK(os_mkdir(name, 0700));
  }
  strcat(name, "/file");
  MUST(os_open(name, OS_OPEN_CREATE, 0600, &fd));
  os_close(fd);
  EXPECT(os_path_exists(name));
  OK(os_unlink(name));
}

/* ---- Maps ------------------------------------------------------------------------------------------------------- */

static void maps_follow_the_file(void) {
  const size_t page = os_page_size();
  const int fd = open_file("mapped");
  void *first, *second;
  uint64_t length = 0;
  struct iovec one = {(void *)(uintptr_t) "seen", 4}, two = {(void *)(uintptr_t) "far", 3};
  EXPECT(!os_maps_exceed_files());
  IS(os_map_file(fd, page, false, &first), MDBX_EINVAL);
  OK(os_ops->allocate(fd, 0, 20 * page));
  IS(os_map_file(fd, 22 * page, false, &first), MDBX_EINVAL);
  MUST(os_map_file(fd, 20 * page, false, &first));
  OK(os_ops->pwritev(fd, &one, 1, 19 * page));
  EXPECT(memcmp((char *)first + 19 * page, "seen", 4) == 0);
  OK(os_ops->allocate(fd, 20 * page, 300 * page));
  MUST(os_map_file(fd, 300 * page, false, &second));
  OK(os_ops->pwritev(fd, &two, 1, 299 * page));
  OK(os_ops->pwritev(fd, &two, 1, 19 * page));
  EXPECT(memcmp((char *)second + 299 * page, "far", 3) == 0);
  EXPECT(memcmp((char *)first + 19 * page, "farn", 4) == 0);
  const int cut = os_ops->resize(fd, 30 * page);
  EXPECT(cut == MDBX_BUSY || cut == MDBX_SUCCESS); /* not every emulation refuses it */
  OK(os_advise(first, 20 * page, OS_ADVICE_WILLNEED));
  OK(os_advise(first, 20 * page, OS_ADVICE_RANDOM));
  OK(os_unmap(first, 20 * page));
  OK(os_unmap(second, 300 * page));
  OK(os_ops->resize(fd, 30 * page));
  OK(os_file_size(fd, &length));
  EXPECT(length == 30 * page);
  IS(os_map_stores(fd, page, &first), MDBX_ENOSYS);
  os_close(fd);
}

static void maps_store(void) {
  const size_t page = os_page_size();
  const int fd = open_file("stored");
  char *addr;
  void *at;
  OK(os_ops->allocate(fd, 0, 4 * page));
  MUST(os_map_file(fd, 4 * page, true, &at));
  addr = at;
  memcpy(addr + page + 7, "stored", 6);
  OK(os_ops->msync(addr + page + 7, 6, fd));
  char got[6];
  size_t count = 0;
  OK(os_pread_full(fd, got, 6, page + 7, &count));
  EXPECT(count == 6 && memcmp(got, "stored", 6) == 0);
  OK(os_unmap(addr, 4 * page));
  MUST(os_map_anonymous(100 * page, &at));
  addr = at;
  EXPECT(addr[0] == 0 && addr[100 * page - 1] == 0);
  addr[50 * page] = 1;
  os_memory_lock_allow(4 * page);
  OK(os_memory_lock(addr, page));
  OK(os_memory_unlock(addr, page));
  OK(os_unmap(addr, 100 * page));
  os_close(fd);
}

/* ---- Byte locks ------------------------------------------------------------------------------------------------- */

static bool is_busy(int fd, uint64_t start, uint64_t length, bool exclusive) {
  bool busy = false;
  uint64_t from, count;
  OK(os_range_test(fd, start, length, exclusive, &busy, &from, &count));
  return busy;
}

static void locks_of_open_files(void) {
  const int fd = open_file("locks");
  int twin, copy;
  EXPECT(os_range_belongs_to_file());
  OK(os_write_full(fd, "0123456789", 10));
  MUST(os_open_again(fd, &twin));
  OK(os_range_lock(fd, 3, 2, true, false));
  OK(os_range_lock(fd, 3, 2, true, false));
  IS(os_range_lock(twin, 4, 1, true, false), MDBX_BUSY);
  IS(os_range_lock(twin, 4, 1, false, false), MDBX_BUSY);
  IS(os_range_lock(twin | OS_LOCK_BY_PROCESS, 4, 1, false, false), MDBX_BUSY);
  OK(os_range_lock(twin, 5, 1, true, false));
  OK(os_range_lock(twin, 0, 3, true, false));
  EXPECT(is_busy(twin, 0, 100, true) && is_busy(twin, 4, 1, false) && !is_busy(twin, 5, 100, true));
  EXPECT(!is_busy(fd, 3, 2, true) && is_busy(fd, 0, 100, true));
  expect_tail(twin, 0, "0123456789"); /* a lock hinders no reading */
  MUST(os_dup(fd, &copy));
  OK(os_range_lock(copy, 3, 2, true, false));
  os_close(copy);
  IS(os_range_lock(twin, 3, 1, true, false), MDBX_BUSY);
  OK(os_range_unlock(fd, 0, 50));
  OK(os_range_lock(twin, 3, 1, true, false));
  os_close(fd);
  OK(os_range_unlock(twin, 0, 50));
  EXPECT(!is_busy(twin, 0, 50, true));
  os_close(twin);
}

/* From exclusive to shared without a moment in which nobody has it; and back if nobody else has it. */
static void locks_change_kind(void) {
  const int fd = open_file("kinds"), other = open_file("kinds");
  OK(os_range_lock(fd, 1, 1, true, false));
  IS(os_range_lock(other, 1, 1, false, false), MDBX_BUSY);
  OK(os_range_lock(fd, 1, 1, false, false));
  IS(os_range_lock(other, 1, 1, true, false), MDBX_BUSY);
  OK(os_range_lock(other, 1, 1, false, false));
  IS(os_range_lock(fd, 1, 1, true, false), MDBX_BUSY);
  OK(os_range_unlock(other, 1, 1));
  OK(os_range_lock(fd, 1, 1, true, false));
  IS(os_range_lock(other, 1, 1, false, false), MDBX_BUSY);
  OK(os_range_unlock(fd, 1, 1));
  OK(os_range_lock(other, 1, 1, true, false));
  os_close(fd);
  os_close(other);
  /* Where the engine marks data files. */
  const int distant = open_file("distant"), too = open_file("distant");
  const uint64_t base = UINT64_C(1) << 62, places = UINT64_C(1) << 61;
  OK(os_range_lock(distant, base + 12345, 1, false, false));
  EXPECT(!is_busy(too, base, 12345, true) && is_busy(too, base, places, true));
  EXPECT(!is_busy(too, base + 12346, places - 12346, true) && !is_busy(distant, base, places, true));
  os_close(distant);
  EXPECT(!is_busy(too, base, places, true));
  os_close(too);
}

static int hold_lock(void) {
  struct arena *arena = open_arena();
  const int fd = open_file("shared");
  MUST(os_range_lock(fd, 10, 5, true, false));
  atomic_store(&arena->ready, 1);
  for (;;)
    Sleep(1000);
}

static int hold_shortly(void) {
  struct arena *arena = open_arena();
  const int fd = open_file("shared");
  MUST(os_range_lock(fd, 0, 1, true, false));
  atomic_store(&arena->ready, 1);
  Sleep(200);
  atomic_store(&arena->word, 1);
  os_close(fd);
  return 0;
}

static void locks_of_processes(void) {
  struct arena *arena = open_arena();
  const int fd = open_file("shared");
  atomic_store(&arena->ready, 0);
  HANDLE holder = win_start("hold_lock", "");
  EXPECT(win_await(&arena->ready, 1));
  IS(os_range_lock(fd, 14, 1, true, false), MDBX_BUSY);
  OK(os_range_lock(fd, 15, 1, true, false));
  EXPECT(is_busy(fd, 0, 100, true));
  win_kill(holder);
  OK(os_range_lock(fd, 10, 5, true, true)); /* as soon as the system has closed its files */
  atomic_store(&arena->ready, 0);
  atomic_store(&arena->word, 0);
  holder = win_start("hold_shortly", "");
  EXPECT(win_await(&arena->ready, 1));
  OK(os_range_lock(fd, 0, 1, true, true));
  EXPECT(atomic_load(&arena->word) == 1);
  EXPECT(win_join(holder) == 0);
  os_close(fd);
  os_unmap(arena, sizeof(*arena));
}

/* ---- The shared lock -------------------------------------------------------------------------------------------- */

/* A process lives as long as it holds the byte of its token. */
static bool holder_is_alive(void *context, uint32_t token) { return is_busy(*(const int *)context, token, 1, true); }

static void critical_section(struct arena *arena, bool died) {
  if (died) {
    atomic_fetch_add(&arena->takeovers, 1);
    arena->second = arena->first;
  } else if (arena->first != arena->second) {
    atomic_fetch_add(&arena->errors, 1);
  }
  arena->first += 1;
  for (volatile int i = 0; i < 100; ++i)
    ;
  arena->second += 1;
}

static int contend(const char *number) {
  struct arena *arena = open_arena();
  const uint32_t token = (uint32_t)atoi(number);
  int fd = open_file("alive");
  MUST(os_range_lock(fd, token, 1, true, true));
  os_shlock_bury(&arena->lock, token);
  atomic_fetch_add(&arena->ready, 1);
  for (unsigned turn = 0; !atomic_load(&arena->stop); ++turn) {
    const int rc = os_shlock_acquire(&arena->lock, token, holder_is_alive, &fd, turn % 8 == 7);
    if (rc == MDBX_BUSY)
      continue;
    critical_section(arena, rc == MDBX_RESULT_TRUE);
    if (os_shlock_release(&arena->lock, token, os_shlock_turn(&arena->lock)) != MDBX_SUCCESS)
      atomic_fetch_add(&arena->errors, 1);
  }
  return 0;
}

static int die_inside(void) {
  struct arena *arena = open_arena();
  int fd = open_file("alive");
  MUST(os_range_lock(fd, 9, 1, true, true));
  MUST(os_shlock_acquire(&arena->lock, 9, holder_is_alive, &fd, false));
  arena->first += 1;
  atomic_store(&arena->ready, 1);
  for (;;)
    Sleep(1000);
}

static void shlock_excludes(void) {
  enum { PROCESSES = 3, KILLS = 12 };
  struct arena *arena = open_arena();
  HANDLE processes[PROCESSES];
  char number[16];
  memset(arena, 0, sizeof(*arena));
  for (int i = 0; i < PROCESSES; ++i) {
    snprintf(number, sizeof(number), "%d", i + 1);
    processes[i] = win_start("contend", number);
  }
  EXPECT(win_await(&arena->ready, PROCESSES));
  for (int kills = 0; kills < KILLS; ++kills) {
    const int victim = kills % PROCESSES;
    Sleep(20 + 7 * (unsigned)kills);
    win_kill(processes[victim]);
    snprintf(number, sizeof(number), "%d", victim + 1);
    processes[victim] = win_start("contend", number);
    EXPECT(win_await(&arena->ready, PROCESSES + 1 + (unsigned)kills));
  }
  atomic_store(&arena->stop, 1);
  for (int i = 0; i < PROCESSES; ++i)
    EXPECT(win_join(processes[i]) == 0);
  EXPECT(atomic_load(&arena->errors) == 0 && arena->first > 100);
  os_unmap(arena, sizeof(*arena));
}

static void shlock_is_inherited(void) {
  struct arena *arena = open_arena();
  int fd = open_file("alive");
  memset(arena, 0, sizeof(*arena));
  MUST(os_range_lock(fd, 5, 1, true, false));
  HANDLE holder = win_start("die_inside", "");
  EXPECT(win_await(&arena->ready, 1));
  IS(os_shlock_acquire(&arena->lock, 5, holder_is_alive, &fd, true), MDBX_BUSY);
  EXPECT(os_shlock_owner(&arena->lock) == 9);
  win_kill(holder);
  IS(os_shlock_acquire(&arena->lock, 5, holder_is_alive, &fd, false), MDBX_RESULT_TRUE);
  EXPECT(arena->first == 1 && arena->second == 0);
  OK(os_shlock_release(&arena->lock, 5, os_shlock_turn(&arena->lock)));
  os_close(fd);
  os_unmap(arena, sizeof(*arena));
}

/* ---- Threads and facts ------------------------------------------------------------------------------------------ */

static _Atomic uint32_t own_word;

static void *change_word(void *unused) {
  Sleep(30);
  atomic_store(&own_word, 1);
  os_word_wake(&own_word);
  return unused;
}

static void words_wake(void) {
  pthread_t thread;
  int fd;
  MUST(os_thread_start(&thread, change_word, NULL));
  while (atomic_load(&own_word) == 0)
    os_word_sleep(&own_word, 0, 50000);
  os_thread_join(thread);
  os_word_sleep(&own_word, 1, 2000); /* ends by itself */
  EXPECT(os_thread_number() == os_thread_number() && os_thread_self() == os_thread_self());
  EXPECT(os_pid() == GetCurrentProcessId() && os_fork_generation() == 0);
  IS(os_event_open(&fd), MDBX_ENOSYS);
}

static int tell_facts(void) {
  struct arena *arena = open_arena();
  MUST(os_bootid(arena->boot));
  arena->clock = os_monotonic_16dot16();
  return 0;
}

static void facts(void) {
  struct arena *arena = open_arena();
  uint64_t boot[2], total = 0, available = 0;
  unsigned char random[2][16];
  char text[128];
  const uint64_t before = os_monotonic_16dot16();
  EXPECT(win_join(win_start("tell_facts", "")) == 0);
  const uint64_t after = os_monotonic_16dot16();
  OK(os_bootid(boot));
  EXPECT(boot[0] != 0 && memcmp(boot, arena->boot, sizeof(boot)) == 0);
  EXPECT(before <= arena->clock && arena->clock <= after);
  os_sleep_ms(100);
  EXPECT(os_monotonic_16dot16() - after >= 6000);
  OK(os_random_bytes(random[0], 16));
  OK(os_random_bytes(random[1], 16));
  EXPECT(memcmp(random[0], random[1], 16) != 0);
  EXPECT(is_power_of_two(os_page_size()));
  OK(os_ram_pages(&total, &available));
  EXPECT(available > 0 && available <= total && os_memory_of_process() > 0);
  EXPECT(strcmp(os_error_text(ENOENT, text, sizeof(text)), strerror(ENOENT)) == 0);
  EXPECT(*os_error_text(123456, text, sizeof(text)));
  EXPECT(os_error_is_no_room(ENOSPC) && !os_error_is_no_room(EIO));
  os_unmap(arena, sizeof(*arena));
}

static int run_role(const char *role, const char *argument) {
  if (strcmp(role, "hold_lock") == 0)
    return hold_lock();
  if (strcmp(role, "hold_shortly") == 0)
    return hold_shortly();
  if (strcmp(role, "contend") == 0)
    return contend(argument);
  if (strcmp(role, "die_inside") == 0)
    return die_inside();
  return strcmp(role, "tell_facts") == 0 ? tell_facts() : 98;
}

int main(int argc, char **argv) {
  static void (*const tests[])(void) = {files_open,          files_write,
                                        files_have_identity, names_of_directories,
                                        names_in_utf8,       maps_follow_the_file,
                                        maps_store,          locks_of_open_files,
                                        locks_change_kind,   locks_of_processes,
                                        shlock_excludes,     shlock_is_inherited,
                                        words_wake,          facts};
  if (argc > 1)
    return run_role(argv[1], argc > 2 ? argv[2] : "");
  for (size_t i = 0; i < COUNT_OF(tests); ++i)
    tests[i]();
  printf("os layer: %zu tests, %d failures\n", COUNT_OF(tests), win_failures);
  return win_failures != 0;
}
