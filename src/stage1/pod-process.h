/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "basic/diag.h"

/* The process that runs a pod: the one that stage1 noted in its directory and that holds its lock. */

/* A pidfd of it, checked after it was opened: it has the pod's directory open, as only the lock's holder
 * has. -ESRCH: the pod does not run (any more). */
int pod_process_open(int pod_fd, pid_t *ret_pid, Diag *diag);
