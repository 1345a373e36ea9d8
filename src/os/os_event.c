/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/os_event.c: a descriptor that is readable once it was told to be, if the system has such a thing.
 */
#include "os/os.h"

#ifdef HAVE_EVENTFD
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>

int os_event_open(int *fd) {
  *fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return *fd < 0 ? errno : MDBX_SUCCESS;
}

/* It fails only if the counter would overflow, and then the descriptor is readable. */
void os_event_raise(int fd) { (void)!eventfd_write(fd, 1); }

void os_event_await(int fd, uint64_t patience) {
  struct pollfd event = {.fd = fd, .events = POLLIN};
  eventfd_t count;
  /* Rounded up, so that the time is over when it returns; very long sleeps end early. */
  const uint64_t milliseconds = patience >= (uint64_t)INT_MAX << 6 ? INT_MAX : (patience * 1000 + 65535) >> 16;
  (void)!poll(&event, 1, patience == EVENT_FOREVER ? -1 : (int)milliseconds);
  (void)!eventfd_read(fd, &count);
}
#else
int os_event_open(int *fd) {
  *fd = -1;
  return MDBX_ENOSYS;
}

void os_event_raise(int fd) { (void)fd; }

void os_event_await(int fd, uint64_t patience) { (void)fd, (void)patience; }
#endif
