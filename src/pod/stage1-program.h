/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "layout/stage1.h"
#include "pod/lifecycle.h"

/* Programs of a pod's stage1 that are executed on the host after the pod has begun to run. */

/* Absolute path of an entrypoint (as stage1's manifest names it) that nobody in the pod can have changed:
 * that of the image's tree. -ENOENT: the tree is gone. */
int stage1_program_path(const PodContext *c, const Pod *p, const char *entrypoint, char **ret, Diag *diag);
/* Runs it with the pod's directory as working directory and waits. -EREMOTEIO: it failed. what: for
 * messages. */
int stage1_program_run(const PodContext *c, const Pod *p, const char *what, char *const *argv, Diag *diag);
