/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "basic/fs-util.h"
#include "basic/parse-util.h"
#include "basic/path-util.h"
#include "layout/stage1.h"

/* Exit status files: rkt/status/APP in stage1's root holds the app's exit code and a newline. Whoever is
 * root in the pod can write there, so what is read is taken for foreign text: a small regular file, never
 * through a link. */

#define STATUS_FILE_MAX 16

static int status_path(const char *app, char **ret) {
        if (!filename_is_valid(app))
                return -EINVAL;
        *ret = path_join(STAGE1_STATUS_DIR, app);
        return *ret ? 0 : -ENOMEM;
}

int stage1_status_read(int rootfs_fd, const char *app, int *ret_code) {
        _cleanup_free_ char *path = NULL, *text = NULL;
        _cleanup_close_ int fd = -EBADF;
        size_t size;
        uint32_t code;
        int r;

        r = status_path(app, &path);
        if (r < 0)
                return r;

        fd = open_beneath(rootfs_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
        if (fd < 0)
                return fd == -ENOENT ? -ENOENT : -EBADMSG;
        r = fd_is_regular(fd);
        if (r >= 0)
                r = fd_read_all(fd, STATUS_FILE_MAX, &text, &size);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || size == 0 || text[size - 1] != '\n')
                return -EBADMSG;

        text[size - 1] = 0;
        if (strlen(text) != size - 1 || parse_u32(text, &code) < 0 || code > 255)
                return -EBADMSG;
        *ret_code = (int) code;
        return 0;
}

int stage1_status_write(int rootfs_fd, const char *app, int code) {
        _cleanup_free_ char *path = NULL, *text = NULL;
        int r;

        if (code < 0 || code > 255)
                return -EINVAL;
        r = status_path(app, &path);
        if (r < 0)
                return r;
        text = xasprintf("%d\n", code);
        if (!text)
                return -ENOMEM;
        return file_write_at(rootfs_fd, path, text, strlen(text), 0644, 0);
}
