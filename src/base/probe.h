/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/probe.h: places where a tracer can look on, with --enable-usdt. doc/tracing.md lists them.
 *
 * A probe is one instruction that does nothing, and a note in the library about where it stands and where its arguments are; a
 * tracer puts a breakpoint there. Without the option there is nothing. An argument must have no effects, and no cost.
 */
#ifndef MDBX_BASE_PROBE_H
#define MDBX_BASE_PROBE_H

#ifdef MDBX_USDT
#include <sys/sdt.h>
#define PROBE1(name, a) DTRACE_PROBE1(libmdbx, name, a)
#define PROBE2(name, a, b) DTRACE_PROBE2(libmdbx, name, a, b)
#define PROBE4(name, a, b, c, d) DTRACE_PROBE4(libmdbx, name, a, b, c, d)
#else
#define PROBE1(name, a) ((void)(a))
#define PROBE2(name, a, b) ((void)(a), (void)(b))
#define PROBE4(name, a, b, c, d) ((void)(a), (void)(b), (void)(c), (void)(d))
#endif

#endif
