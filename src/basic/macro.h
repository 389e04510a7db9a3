/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#define ELEMENTSOF(x) (sizeof(x) / sizeof((x)[0]))

/* Names of their own for the locals of each use, so that uses can nest. */
#define MINMAX_INNER(a, op, b, x, y)       \
        ({                                 \
                __typeof__(a) x = (a);     \
                __typeof__(b) y = (b);     \
                x op y ? x : y;            \
        })
#define MINMAX_NAMED(a, op, b, n) MINMAX_INNER(a, op, b, CONCATENATE(_x, n), CONCATENATE(_y, n))
#define MIN(a, b) MINMAX_NAMED(a, <, b, __COUNTER__)
#define MAX(a, b) MINMAX_NAMED(a, >, b, __COUNTER__)

#define _printf_(a, b) __attribute__((__format__(printf, a, b)))
#define _unused_ __attribute__((__unused__))
#define _sentinel_ __attribute__((__sentinel__))
#define _noreturn_ __attribute__((__noreturn__))
#define _fallthrough_ __attribute__((__fallthrough__))

#define CONCATENATE_INNER(a, b) a##b
#define CONCATENATE(a, b) CONCATENATE_INNER(a, b)
#define STRINGIFY_INNER(x) #x
#define STRINGIFY(x) STRINGIFY_INNER(x)

/* A build with a sanitizer needs more memory, files and system calls than its program: what confines a
 * process leaves out the steps that would break it. Such builds are for tests only. */
#if defined(__SANITIZE_ADDRESS__)
#define BUILT_WITH_SANITIZER true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BUILT_WITH_SANITIZER true
#endif
#endif
#ifndef BUILT_WITH_SANITIZER
#define BUILT_WITH_SANITIZER false
#endif
