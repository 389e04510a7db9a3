/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/ref.h"
#include "image/store.h"

/* The name under which the default stage1 image is known: no pod can have it. */
#define READY_STAGE1 ".stage1"

/* ready/NAME: what the image references of pod file NAME resolved to at its last fetch. pod-fetch@NAME
 * does not start while it exists, and pod@NAME takes the ids from it, if nothing changed since: for a path
 * the file's device, inode, size and times, for anything else the presence of the rendered image. */

/* -ENOENT: not there; -ESTALE: something changed (then it is removed, best effort). ids: strv in refs'
 * order. */
int ready_load(int data_dir_fd, ImageStore *s, const char *name, char *const *refs, char ***ret_ids);
/* since: wall clock (CLOCK_REALTIME) before the first image was read: a file that was touched later may
 * not be what was read, so that nothing is saved then, and the next start fetches again. 1: saved, 0: not
 * saved for that. */
int ready_save(int data_dir_fd, const char *name, char *const *refs, char *const *ids, usec_t since);
/* After an image was removed: drops every entry that names it. */
int ready_forget_image(int data_dir_fd, const char *id);
/* Adds to ids what ready/NAME names, whether it still holds or not. 0 also if there is no such file. */
int ready_images(int data_dir_fd, const char *name, char ***ids);
