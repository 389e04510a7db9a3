/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>

#include "basic/fs-util.h"
#include "basic/path-util.h"
#include "layout/pods.h"
#include "pod/pod-internal.h"

/* What is in a pod's directory, read by an fd of it. Most of it is our own writing, but none of it is
 * believed: a pod that was half deleted or half written looks like anything. */

#define POD_WORD_MAX 4096

int pod_load_manifest(Pod *p, PodManifest **ret, Diag *diag) {
        _cleanup_free_ char *text = NULL;
        size_t size;

        int r = file_read_at(p->fd, POD_MANIFEST_FILE, POD_MANIFEST_MAX, &text, &size);
        if (r < 0)
                return diag_errno(diag, r, "error reading pod manifest of pod \"%s\"", p->uuid);

        r = pod_manifest_parse(POD_MANIFEST_FILE, text, size, ret, diag);
        return r < 0 ? diag_wrap(diag, r, "invalid pod manifest of pod \"%s\"", p->uuid) : 0;
}

int pod_read_word(const Pod *p, const char *name, char **ret) {
        _cleanup_free_ char *text = NULL;

        int r = file_read_at(p->fd, name, POD_WORD_MAX, &text, NULL);
        if (r < 0)
                return r;

        text[strcspn(text, "\n")] = 0;
        *ret = TAKE_PTR(text);
        return 0;
}

int pod_write_new(int dir_fd, const char *name, const void *data, size_t size) {
        _cleanup_close_ int fd =
                openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
        if (fd < 0)
                return -errno;

        return fd_write_all(fd, data, size);
}

char *pod_absolute_path(const char *data_dir, const Pod *p) {
        return path_join(data_dir, pod_path_in(p, p->phase).s);
}

int pod_uses_overlay(const Pod *p) {
        return path_exists_at(p->fd, POD_OVERLAY_MARK);
}

int pod_open_stage1_files(const Pod *p, int *ret_fd) {
        _cleanup_free_ char *tree = NULL, *upper = NULL;

        int r = pod_uses_overlay(p);
        if (r < 0)
                return r;
        if (r > 0) {
                r = pod_read_word(p, POD_STAGE1_TREE_FILE, &tree);
                if (r < 0)
                        return r;
                if (!image_id_is_valid(tree))
                        return -EBADMSG;
                upper = xasprintf("%s/%s/upper/%s", POD_OVERLAY_DIR, tree, POD_STAGE1_LAYER);
                if (!upper)
                        return -ENOMEM;
        }

        int fd = openat(p->fd, upper ?: POD_STAGE1_ROOTFS, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return -errno;

        *ret_fd = fd;
        return 0;
}
