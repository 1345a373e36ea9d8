/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/windows/tool_windows.c: what the tools use of POSIX and the C library of Windows lacks.
 *
 * The headers beside it stand in for those of the system with the same name: configure puts this folder into the search path
 * for a host of Windows. Each includes the real one and declares a part of this.
 */
#include <direct.h>
#include <fcntl.h>
#include <io.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

/* Runs before main(): dumps have the same bytes as on other systems, and so have files that are read. */
__attribute__((constructor)) static void keep_bytes(void) {
  _fmode = _O_BINARY;
  for (int fd = 0; fd <= 2; ++fd)
    if (_get_osfhandle(fd) >= 0)
      _setmode(fd, _O_BINARY);
}

int sigaction(int number, const struct sigaction *action, struct sigaction *before) {
  (void)before;
  return number >= SIGHUP || signal(number, action->sa_handler) != SIG_ERR ? 0 : -1;
}

int tool_windows_is_open(int fd) { return _get_osfhandle(fd) == -1 ? -1 : 0; }

int tool_windows_mkdir(const char *path, unsigned mode) {
  (void)mode;
  return _mkdir(path);
}

struct tm *tool_windows_gmtime(const time_t *seconds, struct tm *utc) {
  return gmtime_s(utc, seconds) == 0 ? utc : NULL;
}
