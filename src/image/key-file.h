/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* Files that decide whom rkt trusts: opened without following symlinks, and refused unless only those who
 * may decide can write them. -EPERM: owner or mode; -ELOOP: a symlink; with diag that names the path. */

#define KEY_FILE_MAX (1024U * 1024)

/* The directory relative below config, each directory on the way (config included) checked. -ENOENT: not
 * there. */
int key_dir_open(const char *config, const char *relative, int *ret_fd, Diag *diag);
/* The file's bytes. path: for messages, escaped. */
int key_file_read(int dir_fd, const char *name, const char *path, StringBuf *ret, Diag *diag);
/* Writes config/relative, mode 0644, making directories (0755) as needed; the same content again is a
 * success. */
int key_file_write(const char *config, const char *relative, const StringBuf *data, Diag *diag);
