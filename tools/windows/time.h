/* SPDX-License-Identifier: Apache-2.0 */
/* tools/windows/time.h: see tool_windows.c. */
#include_next <time.h>
#ifndef MDBX_TOOLS_WINDOWS_TIME_H
#define MDBX_TOOLS_WINDOWS_TIME_H
#ifdef _WIN32
struct tm *tool_windows_gmtime(const time_t *seconds, struct tm *utc);
#undef gmtime_r
#define gmtime_r(seconds, utc) tool_windows_gmtime(seconds, utc)
#endif
#endif
