/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "basic/macro.h"

/* Scope-bound ownership. A local that owns something is declared with one of these and is released on every
 * way out of the scope; ownership leaves the scope only through TAKE_PTR() or TAKE_FD(). */

#define _cleanup_(f) __attribute__((__cleanup__(f)))

#define TAKE_GENERIC(var, type, nullvalue)       \
        ({                                       \
                type *_pvar = &(var);            \
                type _value = *_pvar;            \
                *_pvar = (nullvalue);            \
                _value;                          \
        })
#define TAKE_PTR(ptr) TAKE_GENERIC(ptr, __typeof__(ptr), NULL)
#define TAKE_FD(fd) TAKE_GENERIC(fd, int, -EBADF)

/* Defines NAMEp(T *p) for use with _cleanup_(): calls func(*p) unless *p is NULL. */
#define DEFINE_POINTER_CLEANUP(type, func)                      \
        static inline void func##p(type *p) {                   \
                if (*p)                                         \
                        (void) func(*p);                        \
        }

/* Closes fd if it is >= 0, keeps errno, and returns -EBADF, so that "fd = safe_close(fd)" clears it. */
static inline int safe_close(int fd) {
        if (fd >= 0) {
                int saved = errno;
                (void) close(fd);
                errno = saved;
        }
        return -EBADF;
}

static inline void closep(int *fd) {
        *fd = safe_close(*fd);
}

static inline void freep(void *p) {
        free(*(void **) p);
}

static inline void fclosep(FILE **f) {
        if (*f)
                (void) fclose(*f);
}

static inline void closedirp(DIR **d) {
        if (*d)
                (void) closedir(*d);
}

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)
#define _cleanup_fclose_ _cleanup_(fclosep)
#define _cleanup_closedir_ _cleanup_(closedirp)
