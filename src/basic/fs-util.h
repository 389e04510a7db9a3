/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fd-util.h"

/* The file system. dir_fd is a directory fd or AT_FDCWD, path relative to it. Nothing here follows a
 * symlink in the last component unless it says so. */

/* openat2() with RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS: path as a process chrooted to root_fd would see it.
 * Falls back to a component-wise walk where openat2() is not there (-ENOSYS). Errors as open(2). */
int open_in_root(int root_fd, const char *path, int flags, mode_t mode);
/* openat2() with RESOLVE_BENEATH|RESOLVE_NO_SYMLINKS|RESOLVE_NO_MAGICLINKS: -EXDEV, -ELOOP for anything
 * else. */
int open_beneath(int dir_fd, const char *path, int flags, mode_t mode);
/* The fallback of both, for its tests. */
struct open_how;
int openat2_by_walk(int root_fd, const char *path, const struct open_how *how);

/* mkdir -p below dir_fd; existing directories are left as they are. -ENOTDIR if a component is something
 * else. */
int mkdir_p_at(int dir_fd, const char *path, mode_t mode);
/* The same, resolving in root (symlinks inside root are followed, clamped); returns an O_PATH fd of the
 * last. */
int mkdir_p_in_root(int root_fd, const char *path, mode_t mode);

typedef enum WriteFlags {
        WRITE_SYNC = 1 << 0,    /* fsync file and directory */
        WRITE_NEW = 1 << 1,     /* -EEXIST if the name is there */
} WriteFlags;

/* Writes a file atomically: temporary name, data, rename. Other readers see the old or the new, never a part.
 * A crash may leave ".#NAME.XXXXXX" behind. */
int file_write_at(int dir_fd, const char *path, const void *data, size_t size, mode_t mode,
                  WriteFlags flags);

/* Opens the directory that holds path's last component, which is given back, inside path. -EINVAL if that
 * is no valid file name. */
int open_parent_at(int dir_fd, const char *path, const char **ret_name);

/* As rename(2) with RENAME_NOREPLACE: -EEXIST. */
int rename_noreplace_at(int from_dir_fd, const char *from, int to_dir_fd, const char *to);

/* Removes name below dir_fd, whatever it is, with all below it: never follows a symlink, never crosses a
 * mount (-EBUSY or -EXDEV there), tolerates entries vanishing meanwhile. 0 also if it is not there. */
int rm_rf_at(int dir_fd, const char *name);

/* Calls f(dir_fd, name, type, userdata) for each entry but "." and ".."; stops at the first negative return.
 * type is DT_*; resolved by fstatat() where the file system gives DT_UNKNOWN. */
typedef int (*DirEntryHandler)(int dir_fd, const char *name, unsigned char type, void *userdata);
int dir_foreach(int dir_fd, DirEntryHandler f, void *userdata);
/* The names of all entries, sorted bytewise. -ENOENT if the directory is not there. */
int dir_list_at(int dir_fd, const char *path, char ***ret);

/* Apparent size in bytes of all regular files below, hard links counted once. */
int dir_size_at(int dir_fd, const char *path, uint64_t *ret);

int fsync_parent_at(int dir_fd, const char *path);
/* 1, 0, or negative errno; does not follow the last symlink. */
int path_exists_at(int dir_fd, const char *path);
