/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/ref.h"
#include "image/store.h"

/* ready/NAME: what the image references of pod file NAME resolved to at its last fetch. pod-fetch@NAME does not
 * start while it exists, and pod@NAME takes the ids from it, if nothing changed since: for a path the file's
 * device, inode, size and times, for anything else the presence of the rendered image. */

typedef struct ReadyImage {
        char *ref; /* as in the pod file */
        char *id;
} ReadyImage;

/* -ENOENT: not there; -ESTALE: something changed (then it is removed, best effort). ids: strv in refs' order. */
int ready_load(int data_dir_fd, ImageStore *s, const char *name, char *const *refs, char ***ret_ids);
int ready_save(int data_dir_fd, const char *name, char *const *refs, char *const *ids);
/* After an image was removed: drops every entry that names it. */
int ready_forget_image(int data_dir_fd, const char *id);
