/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/macro.h"

/* Advisory locks on open directories or files: flock(2). They belong to the open file description, so they
 * survive fork and exec in whoever keeps the fd, and vanish with its last copy. */

typedef enum LockMode {
        LOCK_SHARED,
        LOCK_EXCLUSIVE,
} LockMode;

/* 0, or -EWOULDBLOCK if somebody else holds it. */
int lock_try(int fd, LockMode mode);
/* Waits. timeout_usec: microseconds, UINT64_MAX for ever; -ETIMEDOUT. -EINTR: interrupted by a signal. */
int lock_wait(int fd, LockMode mode, unsigned long long timeout_usec);
int lock_release(int fd);
