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

/* The same, but of the unified hierarchy, which is what the pod's systemd uses. -ENODATA. */
int cgroup_unified_from_text(const char *text, char **ret);

/* Opens for writing the cgroup.procs of all groups, one a hierarchy, that the text of a /proc/PID/cgroup
 * names. */
#define CGROUP_HIERARCHIES_MAX 32
int cgroup_open_procs(const char *text, int ret_fds[CGROUP_HIERARCHIES_MAX], size_t *ret_n);

/* If cgroup belongs to a system service, the cgroup of that service ("/machine.slice/pod@x.service"), else
 * NULL. Services of a user's own manager do not count: systemd-nspawn cannot stay in them. */
int cgroup_service(const char *cgroup, char **ret);

/* Whether cgroup has the controller ("memory", "cpu") in a unified hierarchy: only there can the pod's
 * systemd set its limits. */
bool cgroup_has_controller(const char *cgroup, const char *controller);
