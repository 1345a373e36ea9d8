/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/sanitized.h: which sanitizer of the compiler a test runs under. GCC tells by macros, clang by __has_feature().
 */
#ifndef MDBX_TESTS_SANITIZED_H
#define MDBX_TESTS_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZED 1
#elif defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZED 1
#elif __has_feature(thread_sanitizer)
#define THREAD_SANITIZED 1
#endif
#endif

#ifndef ADDRESS_SANITIZED
#define ADDRESS_SANITIZED 0
#endif
#ifndef THREAD_SANITIZED
#define THREAD_SANITIZED 0
#endif

#endif
