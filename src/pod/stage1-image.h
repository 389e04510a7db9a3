/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "pod/lifecycle.h"

/* The image that pods are run with. ref: a reference, or NULL for the installed default, which is imported
 * once and then known by the identity of its file. ret_id: the caller's. */
int stage1_image_resolve(const PodContext *c, const char *ref, const FetchArgs *fetch, char **ret_id,
                         Diag *diag);
