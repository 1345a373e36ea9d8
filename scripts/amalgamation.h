/* SPDX-License-Identifier: Apache-2.0
 *
 * mdbx.c: libmdbx @VERSION@ as one file. It is made by "make amalgamation" from the sources of libmdbx, where changes belong.
 *
 *     cc -O2 -c mdbx.c          any C11 compiler of GNU's or LLVM's kind, on Linux with little-endian processors
 *     cc program.c mdbx.o -lpthread
 *
 *     x86_64-w64-mingw32-gcc -O2 -c mdbx.c                                                   the same for Windows
 *     x86_64-w64-mingw32-gcc program.c mdbx.o -lpthread -lsynchronization -lntdll
 *
 * It needs mdbx.h beside it, and xxhash.h of xxHash 0.8 or newer: from the system, or a copy of that one header in a folder
 * named by -I. xxHash is compiled into this file: no library is linked for it, and -march=... decides which vectors it uses.
 * With -DMDBX_XXHASH_LINK its library is used instead (-lxxhash). With -DHAVE_XXHASH_DISPATCH as well, the library chooses the
 * widest vectors of the processor at run time; that takes x86, and a library that was built for it, as
 * Debian's shared one is.
 *
 * Only what mdbx.h declares has external linkage. To keep these names inside a shared library of your own as well, compile with
 * -DLIBMDBX_API= -fvisibility=hidden, both for this file and where you include mdbx.h.
 *
 * -DMDBX_DEBUG=1 compiles assertions in. -DMDBX_BUILD_OPTIONS, _FLAGS, _TARGET set what mdbx_build says, as strings.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif

#ifdef _WIN32
#define __USE_MINGW_ANSI_STDIO 1
#if !defined(_WIN32_WINNT) || _WIN32_WINNT < 0x0602
#undef _WIN32_WINNT
#define _WIN32_WINNT 0x0602
#endif
#endif

#define MDBX_INLINE_BODIES 0 /* the bodies are below */
#include "mdbx.h"

#if !defined(__linux__) && !defined(_WIN32)
#error "this file is for Linux and Windows; the sources of libmdbx have a configure script for other systems"
#endif

/* ---- what configure would find out ------------------------------------------------------------------------------------- */

#define PACKAGE_NAME "libmdbx"
#define PACKAGE_VERSION "@VERSION@"
#ifndef MDBX_DEBUG
#define MDBX_DEBUG 0
#endif
#ifdef __linux__
#define HAVE_EVENTFD 1
#define HAVE_SYNC_FILE_RANGE 1
#endif
#ifdef __GLIBC_PREREQ
#if __GLIBC_PREREQ(2, 27)
#define HAVE_PKEY_ALLOC 1
#define HAVE_PKEY_MPROTECT 1
#define HAVE_PWRITEV2 1
#endif
#endif
#ifndef MDBX_XXHASH_LINK
#define XXH_INLINE_ALL 1
#undef HAVE_XXHASH_DISPATCH
#endif

#ifndef MDBX_BUILD_TARGET
#if defined(_WIN32)
#define MDBX_BUILD_TARGET "windows"
#elif defined(__x86_64__)
#define MDBX_BUILD_TARGET "x86_64-linux"
#elif defined(__i386__)
#define MDBX_BUILD_TARGET "i386-linux"
#elif defined(__aarch64__)
#define MDBX_BUILD_TARGET "aarch64-linux"
#elif defined(__riscv)
#define MDBX_BUILD_TARGET "riscv-linux"
#else
#define MDBX_BUILD_TARGET "linux"
#endif
#endif
#ifndef MDBX_BUILD_OPTIONS
#define MDBX_BUILD_OPTIONS (MDBX_DEBUG ? "debug=yes one-file" : "debug=no one-file")
#endif
#ifndef MDBX_BUILD_FLAGS
#define MDBX_BUILD_FLAGS ""
#endif

#include <stdatomic.h>
#include <xxhash.h>
#if XXH_VERSION_NUMBER < 800
#error "xxHash 0.8.0 or newer is needed"
#endif
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "the memory of the lock file is shared by processes");

/* The walks of assertions have no caller unless MDBX_DEBUG is set; some inline functions have none in the engine. */
#pragma GCC diagnostic ignored "-Wunused-function"
#ifdef _WIN32
/* The compiler does not know which formats the C library has with __USE_MINGW_ANSI_STDIO. */
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
#endif
#if defined(__GNUC__) && !defined(__clang__)
/* GCC's guess looks through calls here and takes errno for 0 after a failed one. The sources pass it file by file. */
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
