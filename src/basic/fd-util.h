/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "basic/cleanup.h"

/* File descriptors. All descriptors that these functions make are O_CLOEXEC. Sizes are in bytes. */

/* Reads/writes all n bytes, through EINTR and short transfers. read: -EIO at an early end. */
int fd_read_exact(int fd, void *buf, size_t n);
int fd_write_all(int fd, const void *buf, size_t n);

/* The whole file as a NUL-terminated string (embedded NULs stay). -EFBIG: larger than max bytes. */
int fd_read_all(int fd, size_t max, char **ret, size_t *ret_size);
/* dir_fd: directory or AT_FDCWD; a final symlink is not followed. -ENOENT, -ELOOP, -EISDIR, -EFBIG. */
int file_read_at(int dir_fd, const char *path, size_t max, char **ret, size_t *ret_size);

/* Copies from the present offset to the end of file (reflink or copy_file_range() where possible). max:
 * bytes, -EFBIG past it. Returns 0 and the number of bytes in ret_copied. */
int fd_copy(int from_fd, int to_fd, uint64_t max, uint64_t *ret_copied);

int fd_set_cloexec(int fd, bool cloexec);
int fd_is_regular(int fd); /* 0, -EISDIR, -ELOOP, or -EBADF-like for others: -ENOTSUP */

/* Makes fds 0, 1, 2 valid (opens /dev/null for the missing ones). For the first line of main(). */
int fd_fix_stdio(void);
/* Closes every fd from 3 up, except those in the array. */
int fd_close_others(const int *except, size_t n_except);

/* A sealed memory file holding the data, offset at 0. */
int memfd_new_sealed(const char *name, const void *data, size_t size);
