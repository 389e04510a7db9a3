/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "basic/diag.h"

/* Control groups, as /proc/PID/cgroup names them. */

/* The one by which systemd knows the process: of the unified hierarchy if systemd uses that, else of
 * name=systemd. Begins with "/"; the caller's. -ENODATA: none. */
int cgroup_of_process(pid_t pid, char **ret);

/* The same from the text of such a file. */
int cgroup_from_text(const char *text, char **ret);

/* If cgroup belongs to a system service, the cgroup of that service ("/machine.slice/pod@x.service"), else
 * NULL. Services of a user's own manager do not count: systemd-nspawn cannot stay in them. */
int cgroup_service(const char *cgroup, char **ret);

/* Whether cgroup has the controller ("memory", "cpu") in a unified hierarchy: only there can the pod's
 * systemd set its limits. */
bool cgroup_has_controller(const char *cgroup, const char *controller);
