/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "pod/lifecycle.h"

/* Deletes a pod of phase exited-garbage or garbage that is locked exclusively: stage1's gc entrypoint,
 * mounts, files. A pod that it failed or was killed on can be deleted again. */
int pod_delete(const PodContext *c, Pod *p, Diag *diag);
