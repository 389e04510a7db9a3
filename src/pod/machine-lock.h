/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* One machine name, one pod: machined would refuse the second, but only after all of it was prepared and
 * mounted. The lock is on machines/NAME and belongs to the pod's process, through an inherited fd. */

/* -EEXIST with the UUID of the pod that has it in diag. ret_fd: give it to pod_run(). */
int machine_lock(int data_dir_fd, const char *machine_name, int *ret_fd, Diag *diag);
/* Notes which pod the lock is for. */
int machine_lock_set_uuid(int fd, const char *uuid);
