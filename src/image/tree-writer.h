/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/stat.h>

#include "basic/diag.h"

/* Makes a file tree below one directory as a process chrooted there would, whatever symlinks the tree
 * itself has: "lib/x" with lib -> usr/lib lands in usr/lib, "etc/x" with etc -> /etc lands in the tree's
 * own etc. The last component is never followed: what is there is replaced. Paths are relative and
 * normalized (aci-entry.h). */

typedef struct TreeWriter TreeWriter;

typedef struct TreeXattr {
        char *name;
        void *value;
        size_t size;
} TreeXattr;

typedef struct TreeAttributes {
        mode_t mode; /* 07777 */
        uid_t uid;
        gid_t gid;
        struct timespec mtime;
        TreeXattr *xattrs;
        size_t n_xattrs;
} TreeAttributes;

void tree_attributes_done(TreeAttributes *a);

/* root_fd is borrowed. */
int tree_writer_new(int root_fd, TreeWriter **ret);
TreeWriter *tree_writer_free(TreeWriter *w);
DEFINE_POINTER_CLEANUP(TreeWriter *, tree_writer_free)

/* All: 0, or negative errno without words; -ENOTDIR, -EISDIR, -ENOTEMPTY, -ELOOP, -ENAMETOOLONG mean that the
 * tree contradicts itself. Attributes of directories are kept (a's contents are moved) and set at the end: a
 * default ACL, a setgid bit, a read-only mode would change what is made below, and a time would not last. */
int tree_writer_directory(TreeWriter *w, const char *path, TreeAttributes *a);
/* A file to be filled, and then to be given to tree_writer_finish_file(), which does not close it. */
int tree_writer_create(TreeWriter *w, const char *path, const TreeAttributes *a, int *ret_fd);
int tree_writer_finish_file(TreeWriter *w, int fd, const TreeAttributes *a);
int tree_writer_symlink(TreeWriter *w, const char *path, const char *target, const TreeAttributes *a);
/* To a regular file of this tree: -EPERM for anything else, -ENOENT. */
int tree_writer_hardlink(TreeWriter *w, const char *path, const char *target);
int tree_writer_fifo(TreeWriter *w, const char *path, const TreeAttributes *a);
/* Sets the directories' attributes. */
int tree_writer_finish(TreeWriter *w);
