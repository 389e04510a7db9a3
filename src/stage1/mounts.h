/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "stage1/plan.h"

/* Volumes, ready to be mounted: their targets exist in the apps and are known by their real paths. */

/* Where volumes wait whose target only comes to be with the app, below stage1's root. */
#define STAGE1_VOLUMES_DIR "rkt/volumes"

/* Sets target and late of all mounts. No process of the pod runs yet, so nothing resolved here can change
 * before it is used. A missing host volume is left to systemd-nspawn, whose message is the known one.
 * -EPERM: the target would hide what protects the host; -EEXIST: two volumes on one path. */
int mounts_prepare(PodPlan *p, int pod_fd, Diag *diag);

/* Appends systemd-nspawn's --bind and --bind-ro arguments for all of them. */
int mounts_append_nspawn_args(const PodPlan *p, const char *pod_path, char ***argv);

/* For an app's unit: the waiting place of its i-th mount as an absolute path in stage1; the caller's. */
char *mount_late_source(const AppPlan *a, size_t i);
