/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "stage1/plan.h"

/* How the pod is booted: the command line and environment of systemd-nspawn. */

typedef enum NspawnHost {
        NSPAWN_HOST_NO_SYSTEMD, /* PID 1 of the host is something else: nobody to register with */
        NSPAWN_HOST_SHELL,      /* a scope of the pod's own is made by machined */
        NSPAWN_HOST_SERVICE,    /* the pod stays in the service that started it */
} NspawnHost;

typedef struct NspawnCommand {
        char **argv, **env;
} NspawnCommand;

void nspawn_command_done(NspawnCommand *c);

/* pod_path: absolute. environ: of this process; only what systemd-nspawn needs of it is passed on. */
int nspawn_command_make(const PodPlan *p, NspawnHost host, const char *pod_path, char *const *environ,
                        NspawnCommand *ret);

/* The cgroup that machined will make for the pod, without leading "/". */
int nspawn_scope_path(const char *machine, char **ret);
