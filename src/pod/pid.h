/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "pod/pod.h"

/* What the file "pid", or else "ppid", says, whether that process lives or not. -ENOENT: none was written. */
int pod_read_pid(const Pod *p, pid_t *ret);
/* PID 1 of a pod that runs, as it is now. -EAGAIN: it has none yet. */
int pod_find_pid(const Pod *p, pid_t *ret);
