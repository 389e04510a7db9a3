/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "pod/lifecycle.h"

/* A pod's file systems, in the mount namespace of the caller. */

/* Mounts stage1 and the apps (if the pod uses overlay) and makes the empty volumes. Undone on failure. */
int pod_mount(const PodContext *c, const Pod *p, const PodManifest *m, Diag *diag);
/* Mounts stage1 alone, if it is not; for its gc entrypoint after a reboot. */
int pod_mount_stage1(const PodContext *c, const Pod *p, Diag *diag);
/* Detaches what pod_mount() mounted: the apps are below stage1. */
int pod_unmount(const Pod *p);
/* Detaches whatever is mounted below the pod's directory, by whomever. Reads the table of all mounts, which
 * takes long when there are many pods. */
int pod_unmount_foreign(const PodContext *c, const Pod *p);
