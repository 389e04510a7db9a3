/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/path-util.h"
#include "image/store-internal.h"
#include "layout/pods.h"

/* The store as a set of open directories. Below cas/, blobs, trees, locks and staging are root's alone:
 * whoever could swap a blob or reach a setuid file in a tree would be root. The index holds nothing secret
 * and is readable for the group of the data directory, so that its members can list images. */

#define INDEX_MODE 0750
#define PRIVATE_MODE 0700

static const struct {
        const char *path;
        mode_t mode;
} store_dirs[] = {
        { CAS_DIR, INDEX_MODE },
        { CAS_INDEX_DIR, INDEX_MODE },
        { CAS_BLOB_DIR, PRIVATE_MODE },
        { CAS_TREE_DIR, PRIVATE_MODE },
        { CAS_TMP_DIR, PRIVATE_MODE },
        { CAS_LOCK_DIR, PRIVATE_MODE },
        { CAS_REMOTE_DIR, PRIVATE_MODE },
};

static int store_make_dir(int data_fd, const char *path, mode_t mode, gid_t group) {
        _cleanup_close_ int fd = -EBADF;

        if (mkdirat(data_fd, path, PRIVATE_MODE) < 0)
                return errno == EEXIST ? 0 : -errno;

        fd = open_beneath(data_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        if (fd < 0)
                return fd;

        /* The group first: chown takes setuid bits away, and the mode must not open it to the wrong group. */
        if (mode == INDEX_MODE && fchown(fd, (uid_t) -1, group) < 0)
                return -errno;

        return fchmod(fd, mode) < 0 ? -errno : 0;
}

static int store_make_dirs(int data_fd, Diag *diag) {
        struct stat st;
        int r;

        if (fstat(data_fd, &st) < 0)
                return diag_errno(diag, -errno, "cannot look at the data directory");

        for (size_t i = 0; i < ELEMENTSOF(store_dirs); i++) {
                r = store_make_dir(data_fd, store_dirs[i].path, store_dirs[i].mode, st.st_gid);
                if (r < 0)
                        return diag_errno(diag, r, "cannot create \"%s\" in the data directory",
                                          store_dirs[i].path);
        }

        return 0;
}

int image_store_open(int data_dir_fd, bool create, ImageStore **ret, Diag *diag) {
        _cleanup_(image_store_closep) ImageStore *s = NULL;
        int r;

        assert(data_dir_fd >= 0);
        assert(ret);

        if (create) {
                r = store_make_dirs(data_dir_fd, diag);
                if (r < 0)
                        return r;
        }

        s = malloc(sizeof(ImageStore));
        if (!s)
                return -ENOMEM;

        *s = (ImageStore) { .data_fd = data_dir_fd, .cas_fd = -EBADF, .index_fd = -EBADF };

        s->cas_fd = open_beneath(data_dir_fd, CAS_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        if (s->cas_fd < 0)
                return diag_errno(diag, s->cas_fd, "cannot open the image store");

        s->index_fd = open_beneath(data_dir_fd, CAS_INDEX_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        if (s->index_fd < 0)
                return diag_errno(diag, s->index_fd, "cannot open the index of the image store");

        *ret = TAKE_PTR(s);
        return 0;
}

ImageStore *image_store_close(ImageStore *s) {
        if (!s)
                return NULL;

        safe_close(s->cas_fd);
        safe_close(s->index_fd);
        free(s);
        return NULL;
}

int store_boot_id(ImageStore *s, const char **ret) {
        if (isempty(s->boot_id)) {
                int r = uuid_boot(s->boot_id);
                if (r < 0)
                        return r;
        }

        *ret = s->boot_id;
        return 0;
}

int store_lock_image(ImageStore *s, const char *id, bool wait, int *ret_fd) {
        _cleanup_free_ char *path = NULL;
        int r;

        if (!image_id_is_valid(id))
                return -EINVAL;

        path = path_join(CAS_LOCK_DIR, id);
        if (!path)
                return -ENOMEM;

        for (;;) {
                _cleanup_close_ int fd = -EBADF;
                struct stat st;

                fd = openat(s->data_fd, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
                if (fd < 0)
                        return -errno;

                r = wait ? lock_wait(fd, LOCK_EXCLUSIVE, USEC_INFINITY) : lock_try(fd, LOCK_EXCLUSIVE);
                if (r < 0)
                        return r;

                if (fstat(fd, &st) < 0)
                        return -errno;

                /* gc removes lock files of images that are gone, while it holds them: one without a name
                 * excludes nobody any more. */
                if (st.st_nlink == 0)
                        continue;

                *ret_fd = TAKE_FD(fd);
                return 0;
        }
}

int store_blob_path(ImageStore *s, const char *id, bool make_dir, char **ret) {
        _cleanup_free_ char *dir = NULL;
        char *p;

        if (!image_id_is_valid(id))
                return -EINVAL;

        dir = xasprintf("blob/%.2s", id + strlen("sha512-"));
        if (!dir)
                return -ENOMEM;

        if (make_dir && mkdirat(s->cas_fd, dir, PRIVATE_MODE) < 0 && errno != EEXIST)
                return -errno;

        p = path_join(dir, id);
        if (!p)
                return -ENOMEM;

        *ret = p;
        return 0;
}

int store_open_blob(ImageStore *s, const char *id, int *ret_fd) {
        _cleanup_free_ char *path = NULL;
        int fd, r;

        r = store_blob_path(s, id, /* make_dir= */ false, &path);
        if (r < 0)
                return r;

        fd = open_beneath(s->cas_fd, path, O_RDONLY | O_CLOEXEC, 0);
        if (fd < 0)
                return fd;

        *ret_fd = fd;
        return 0;
}
