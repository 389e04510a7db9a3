/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/mount-util.h"
#include "basic/path-util.h"
#include "basic/strv.h"

#define MOUNTINFO_MAX ((size_t) 256 * 1024 * 1024)
/* Field of a line of /proc/self/mountinfo, proc(5). */
#define MOUNTINFO_MOUNT_POINT 4

/* The path by which the kernel takes an open file where a system call wants a path. */
static char *fd_path(int fd) {
        return xasprintf("/proc/self/fd/%d", fd);
}

/* A comma ends an option, a colon a layer; a backslash takes their meaning away. */
static int append_escaped(StringBuf *b, const char *path) {
        int r = 0;

        for (const char *p = path; *p && r >= 0; p++) {
                if (strchr(":,\\", *p))
                        r = string_buf_append(b, "\\");
                if (r >= 0)
                        r = string_buf_append_n(b, p, 1);
        }
        return r;
}

static int append_option(StringBuf *b, const char *key, const char *path) {
        if (!path)
                return 0;

        int r = string_buf_append(b, key);
        return r < 0 ? r : append_escaped(b, path);
}

static int format_overlay_options(const OverlayMount *m, StringBuf *b) {
        int r = 0;

        STRV_FOREACH(dir, m->lower_dirs)
                if (r >= 0)
                        r = append_option(b, dir == m->lower_dirs ? "lowerdir=" : ":", *dir);
        if (r >= 0)
                r = append_option(b, ",upperdir=", m->upper_dir);
        if (r >= 0)
                r = append_option(b, ",workdir=", m->work_dir);
        if (r >= 0 && !isempty(m->options))
                r = string_buf_printf(b, ",%s", m->options);
        return r;
}

int mount_overlay(int target_fd, const OverlayMount *m, Diag *diag) {
        _cleanup_(string_buf_done) StringBuf options = {};
        int r = format_overlay_options(m, &options);
        if (r < 0)
                return r;

        /* mount(2) takes one page of options and cuts the rest off. */
        if (options.size >= (size_t) sysconf(_SC_PAGESIZE))
                return diag_set(diag, -E2BIG, "overlay of %zu layers: paths too long for mount(2)",
                                strv_length(m->lower_dirs));

        _cleanup_free_ char *target = fd_path(target_fd);
        if (!target)
                return -ENOMEM;
        if (mount("overlay", target, "overlay", MS_NODEV, options.data) < 0)
                return diag_errno(diag, -errno, "cannot mount overlay with upper directory \"%s\"",
                                  m->upper_dir ?: "(none)");
        return 0;
}

/* mountinfo writes space, tab, newline and backslash as three octal digits after a backslash. In place. */
static void unescape_octal(char *s) {
        char *to = s;

        for (const char *p = s; *p; p++)
                if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0' &&
                    p[3] <= '7') {
                        *to++ = (char) ((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
                        p += 3;
                } else
                        *to++ = *p;
        *to = '\0';
}

/* The start of the n-th field, from 0; NULL if there are fewer. */
static char *line_field(char *line, unsigned n) {
        for (; n > 0; n--) {
                line = strchr(line, ' ');
                if (!line)
                        return NULL;
                line++;
        }
        return line;
}

/* The mount points at or below path, in the kernel's order: what covers another comes after it. */
static int list_mounts_below(const char *path, char ***ret) {
        _cleanup_free_ char *text = NULL;
        int r = file_read_at(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &text, NULL);
        if (r < 0)
                return r;

        _cleanup_strv_free_ char **mounts = NULL;
        for (char *line = text, *next; line && *line; line = next) {
                next = strchr(line, '\n');
                if (next)
                        *next++ = '\0';

                char *mount_point = line_field(line, MOUNTINFO_MOUNT_POINT);
                if (!mount_point)
                        continue;
                mount_point[strcspn(mount_point, " ")] = '\0';
                unescape_octal(mount_point);
                if (!path_is_under(mount_point, path))
                        continue;
                r = strv_extend(&mounts, mount_point);
                if (r < 0)
                        return r;
        }

        *ret = TAKE_PTR(mounts);
        return 0;
}

/* Names of mount points have no symlinks. Whoever put one in the way meanwhile wants us to unmount something
 * else, so the mount is found without following any. */
static int detach(int dir_fd, const char *path_below) {
        _cleanup_close_ int fd = open_beneath(dir_fd, path_below, O_PATH, 0);
        if (fd < 0)
                return fd;

        _cleanup_free_ char *path = fd_path(fd);
        if (!path)
                return -ENOMEM;
        return umount2(path, MNT_DETACH) < 0 ? -errno : 0;
}

int umount_at(int dir_fd, const char *path) {
        for (;;) {
                int r = path_is_mount_point(dir_fd, path);
                if (r <= 0)
                        return r == -ENOENT ? 0 : r;

                r = detach(dir_fd, path);
                if (r < 0)
                        return r;
        }
}

/* Newest first. Returns how many were there to begin with; *ret_error: the first failure. */
static int detach_all_below(int root_fd, const char *path, int *ret_error, size_t *ret_detached) {
        _cleanup_strv_free_ char **mounts = NULL;
        int r = list_mounts_below(path, &mounts);
        if (r < 0)
                return r;

        size_t detached = 0;
        int error = 0;
        for (size_t i = strv_length(mounts); i > 0; i--) {
                r = detach(root_fd, mounts[i - 1] + 1);
                if (r >= 0)
                        detached++;
                else if (error == 0)
                        error = r;
        }

        *ret_error = error;
        *ret_detached = detached;
        return mounts ? 1 : 0;
}

int umount_recursive(const char *path) {
        _cleanup_free_ char *real = realpath(path, NULL);
        if (!real && errno != ENOENT)
                return -errno;
        if (streq(real ?: path, "/"))
                return -EINVAL;

        _cleanup_close_ int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (root_fd < 0)
                return -errno;

        /* A mount that was covered by another shows, and can go, once that is gone: again, as long as it
         * helps. */
        for (;;) {
                int error;
                size_t detached;
                int r = detach_all_below(root_fd, real ?: path, &error, &detached);
                if (r <= 0)
                        return r;
                if (detached == 0)
                        return error;
        }
}

int path_is_mount_point(int dir_fd, const char *path) {
        struct statx stx;

        if (statx(dir_fd, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &stx) < 0)
                return -errno;
        if (!(stx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
                return -EOPNOTSUPP;
        return !!(stx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}
