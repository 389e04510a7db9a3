/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* Where a generator writes: drop-ins below one of the directories that systemd gave it. */

/* Writes UNIT.d/50-pod.conf below dir_fd, whole or not at all. A file of that name that does not begin with
 * mark is somebody else's: -EEXIST. */
int output_dropin(int dir_fd, const char *unit, const char *mark, const char *text, Diag *diag);
