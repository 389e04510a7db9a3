/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* Mounts. Paths are passed as directory fd + relative path where they are not ours. */

typedef struct OverlayMount {
        char *const *lower_dirs; /* absolute paths, topmost first; ":" and "," and "\" are escaped here */
        const char *upper_dir;
        const char *work_dir;
        const char *options; /* further options, or NULL */
} OverlayMount;

/* Mounts it nodev on the directory target_fd. -EINVAL etc. as mount(2), told in diag. */
int mount_overlay(int target_fd, const OverlayMount *m, Diag *diag);

/* Whether an overlay can have its upper directory here: tries for real, in a directory of its own that is
 * removed again, with a mount that is attached nowhere. 1, 0 with the reason in diag, or error. */
int overlay_is_supported(int dir_fd, Diag *diag);

/* Detaches every mount at or below path (from /proc/self/mountinfo, the last one first), which need not
 * exist. */
int umount_recursive(const char *path);
/* Detaches what is mounted on path, however often, with all below it, without following a link in path. 0
 * also if nothing is, or path does not exist. Takes no look at other mounts, however many there are. */
int umount_at(int dir_fd, const char *path);
/* Whether path is a mount point. */
int path_is_mount_point(int dir_fd, const char *path);
