/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>

#include "basic/fs-util.h"
#include "generators/output.h"

/* systemd empties the generator directories before each run, and runs all generators at once. So a file that
 * is there already is another generator's, or that of a second run of ours; only the latter is replaced. */

#define DROPIN_NAME "50-pod.conf"
#define DROPIN_MAX (16U * 1024 * 1024)

/* Two runs at once have different temporary names; one left by a run that was killed may have ours. */
static int create_temporary(int dir_fd, const char *path) {
        int fd;

        for (;;) {
                fd = openat(dir_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
                if (fd >= 0)
                        return fd;
                if (errno != EEXIST || unlinkat(dir_fd, path, 0) < 0)
                        return -errno;
        }
}

/* As file_write_at(), but with the fewest system calls: there are two files for each of a thousand pods, on a
 * tmpfs that forgets them. */
static int write_new(int dir_fd, const char *path, const char *temporary, const char *text) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = create_temporary(dir_fd, temporary);
        if (fd < 0)
                return fd;

        r = fd_write_all(fd, text, strlen(text));
        if (r >= 0)
                r = rename_noreplace_at(dir_fd, temporary, dir_fd, path);
        if (r < 0)
                (void) unlinkat(dir_fd, temporary, 0);
        return r;
}

static int replace(int dir_fd, const char *path, const char *mark, const char *text) {
        _cleanup_free_ char *old = NULL;
        size_t size;
        int r;

        r = file_read_at(dir_fd, path, DROPIN_MAX, &old, &size);
        if (r < 0)
                return r;
        if (!startswith(old, mark))
                return -EEXIST;
        return file_write_at(dir_fd, path, text, strlen(text), 0644, 0);
}

int output_dropin(int dir_fd, const char *unit, const char *mark, const char *text, Diag *diag) {
        static int pid = 0;
        _cleanup_free_ char *dir = NULL, *path = NULL, *temporary = NULL;
        int r;

        if (pid == 0)
                pid = (int) getpid();

        dir = strjoin(unit, ".d", NULL);
        path = dir ? strjoin(dir, "/" DROPIN_NAME, NULL) : NULL;
        temporary = dir ? xasprintf("%s/.#" DROPIN_NAME ".%d", dir, pid) : NULL;
        if (!path || !temporary)
                return -ENOMEM;

        if (mkdirat(dir_fd, dir, 0755) < 0 && errno != EEXIST)
                return diag_errno(diag, -errno, "cannot make the directory \"%s\"", dir);

        r = write_new(dir_fd, path, temporary, text);
        if (r == -EEXIST)
                r = replace(dir_fd, path, mark, text);
        return r < 0 ? diag_errno(diag, r, "cannot write \"%s\"", path) : 0;
}
