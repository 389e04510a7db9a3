/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "pod/lifecycle.h"

/* Whether pods can run on overlay mounts here: 1, 0 with the reason in diag, or an error. Asked of the
 * kernel once a boot. */
int pods_support_overlay(const PodContext *c, Diag *diag);
