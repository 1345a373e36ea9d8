/* SPDX-License-Identifier: Apache-2.0 */
/* tools/windows/signal.h: see tool_windows.c. */
#include_next <signal.h>
#ifndef MDBX_TOOLS_WINDOWS_SIGNAL_H
#define MDBX_TOOLS_WINDOWS_SIGNAL_H
#ifdef _WIN32
/* Signals that never come. */
#define SIGHUP 64
#define SIGPIPE 65
#define SIGXFSZ 66
struct sigaction {
  void (*sa_handler)(int);
};
int sigaction(int number, const struct sigaction *action, struct sigaction *before);
#endif
#endif
