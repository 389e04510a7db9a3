/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/pod-args.h"

/* Pods declared in pod files, as their units run them. */

typedef struct DeclaredPod {
        PodFile *file;
        PodSpec spec;
        char **refs; /* strv: the apps' image references, in their order */
} DeclaredPod;

void declared_pod_done(DeclaredPod *d);
/* Loads NAME.pod with its drop-ins, takes over its insecure options, opens the store. */
int declared_pod_load(Cli *c, const char *name, DeclaredPod *ret, Diag *diag);
/* Fetches and renders what is missing, and notes the result for the next start. ret_ids: strv, or NULL. */
int declared_pod_fetch(Cli *c, const DeclaredPod *d, char ***ret_ids, Diag *diag);
