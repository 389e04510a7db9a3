/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* When systemd-nspawn is killed, nobody ends the pod's processes: outside of a service they go on, though the
 * lock is free and the pod counts as exited. */

/* Kills every process whose root directory is the pod's stage1/rootfs: that is the pod's PID 1, and with it
 * goes all of its PID namespace. Returns once they are gone; -ETIMEDOUT. How many there were is in
 * ret_killed. */
int leftovers_kill(int pod_fd, size_t *ret_killed, Diag *diag);

/* Has machined end the machine, with whatever is left in its scope: a process that did not get as far as to
 * change its root is found by nothing else. In a service it is only taken off machined's list. Only for names
 * that no other pod can have. 0 also if there is no such machine; -ETIMEDOUT: it is still there after some
 * seconds. */
int leftovers_end_machine(const char *name, Diag *diag);
