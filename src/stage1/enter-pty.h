/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "basic/diag.h"

/* A terminal of the pod's for a command in it, in place of the caller's: who has the caller's could type
 * into it. */

typedef struct EnterPty {
        int master, slave;
} EnterPty;

#define ENTER_PTY_NULL (EnterPty) { .master = -EBADF, .slave = -EBADF }

void enter_pty_done(EnterPty *p);

/* From the devpts of the process with root directory root_fd; of the size of the terminal that like_fd is. */
int enter_pty_open(int root_fd, int like_fd, EnterPty *ret, Diag *diag);

/* Until the child ends: passes bytes between the terminal on stdin or stdout and the pty (if master is
 * valid), window sizes, and signals to end. Returns the child's wait status. */
int enter_wait(pid_t child, int pidfd, int master, int *ret_status);
