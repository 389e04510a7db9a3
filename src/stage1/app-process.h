/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "basic/diag.h"

/* A running app as its main process shows it, from the host's side. */

typedef struct AppProcess {
        pid_t pid;
        int pidfd;
        uint64_t bounding;      /* capability bounding set */
        bool no_new_privileges;
        bool filtered;          /* has system call filters */
        char *cgroups;          /* text of its /proc/PID/cgroup */
} AppProcess;

void app_process_done(AppProcess *p);

/* The oldest child of the pod's PID 1 in the app's control group. -ESRCH: the app does not run. */
int app_process_find(pid_t init_pid, const char *app_name, AppProcess *ret, Diag *diag);

/* Opens /proc/PID/NAME; the process is the same as ever if the pidfd says after it that it lives. */
int app_process_open(const AppProcess *p, const char *name, int flags);
/* Its resource limits, in the order of their numbers. From /proc, as prlimit() wants a capability for it. */
int app_process_limits(const AppProcess *p, struct rlimit ret[RLIM_NLIMITS]);
/* -ESRCH once it has ended. */
int app_process_check(const AppProcess *p);
