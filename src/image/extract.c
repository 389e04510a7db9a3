/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/path-util.h"
#include "image/import-helper.h"
#include "image/import.h"
#include "image/store-internal.h"

/* What leaves the store, or is compared with it: extraction beside the target and one rename, export, and the
 * check of a rendered tree. All three parse foreign bytes, or read foreign trees, so the helper does them. */

#define TREE_HASH "hash"
#define TREE_RENDERED "rendered"
#define HASH_MAX 256

static int check_digest(const ImportHelper *h, const char *id, Diag *diag) {
        if (strncmp(h->result.digest, id + strlen("sha512-"), IMAGE_ID_HEX) == 0)
                return 0;

        return diag_set(diag, -EBADMSG, "image \"%s\" is damaged in the store", id);
}

/* Runs the helper over the blob, to its end. */
static int run_on_blob(ImageStore *s, const char *id, ImportArgs *a, Diag *diag) {
        _cleanup_(import_helper_done) ImportHelper h = IMPORT_HELPER_NULL;
        _cleanup_close_ int blob_fd = -EBADF;
        _cleanup_(image_info_done) ImageInfo info = {};
        int r;

        r = image_store_get(s, id, &info, diag);
        if (r < 0)
                return r;

        r = store_open_blob(s, id, &blob_fd);
        if (r < 0)
                return diag_errno(diag, r, "cannot open image \"%s\" in the store", id);

        a->source_fd = blob_fd;
        a->max_bytes = IMAGE_SIZE_DEFAULT;
        a->max_entries = IMAGE_ENTRIES_DEFAULT;
        r = import_helper_start(a, &h, diag);
        if (r < 0)
                return r;

        r = import_helper_wait(&h, diag);
        return r < 0 ? r : check_digest(&h, id, diag);
}

/* ".#NAME.rkt" beside the target: on its file system, and hidden. ret_parent_fd: where both are. */
static int make_beside(const char *dest, char **ret_name, int *ret_parent_fd, Diag *diag) {
        _cleanup_free_ char *parent = NULL, *name = NULL;
        _cleanup_close_ int fd = -EBADF;
        const char *base = path_basename(dest);

        if (!filename_is_valid(base))
                return diag_set(diag, -EINVAL, "\"%s\" is no name for a directory", dest);

        parent = base == dest ? strdup(".") : strndup(dest, (size_t) (base - dest));
        name = xasprintf(".#%.200s.rkt-%d", base, (int) getpid());
        if (!parent || !name)
                return -ENOMEM;

        fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return diag_errno(diag, -errno, "cannot open \"%s\"", parent);

        if (faccessat(fd, base, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                return diag_set(diag, -EEXIST, "\"%s\" exists", dest);

        if (mkdirat(fd, name, 0700) < 0)
                return diag_errno(diag, -errno, "cannot make a directory beside \"%s\"", dest);

        *ret_name = TAKE_PTR(name);
        *ret_parent_fd = TAKE_FD(fd);
        return 0;
}

static int extract_into(ImageStore *s, const char *id, int dir_fd, Diag *diag) {
        ImportArgs a = { .mode = IMPORT_EXTRACT, .dir_fd = dir_fd, .output_fd = -EBADF };
        int r;

        r = run_on_blob(s, id, &a, diag);
        if (r < 0)
                return r;

        if (fchmod(dir_fd, 0755) < 0)
                return diag_errno(diag, -errno, "cannot set the mode of the directory");

        return 0;
}

int image_extract(ImageStore *s, const char *id, const char *dest, bool rootfs_only, Diag *diag) {
        _cleanup_close_ int parent_fd = -EBADF, dir_fd = -EBADF;
        _cleanup_free_ char *name = NULL, *path = NULL;
        int r;

        path = strdup(dest);
        if (!path)
                return -ENOMEM;
        path_simplify(path);

        r = make_beside(path, &name, &parent_fd, diag);
        if (r < 0)
                return r;

        dir_fd = open_beneath(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        r = dir_fd < 0 ? diag_errno(diag, dir_fd, "cannot open the directory beside \"%s\"", dest)
                       : extract_into(s, id, dir_fd, diag);
        if (r >= 0) {
                r = rootfs_only ? rename_noreplace_at(dir_fd, "rootfs", parent_fd, path_basename(path))
                                : rename_noreplace_at(parent_fd, name, parent_fd, path_basename(path));
                if (r < 0)
                        r = diag_errno(diag, r, "cannot make \"%s\"", dest);
        }

        (void) rm_rf_at(parent_fd, name);
        return r < 0 ? diag_wrap(diag, r, "cannot extract image \"%s\"", id) : 0;
}

int image_export(ImageStore *s, const char *id, int to_fd, Diag *diag) {
        ImportArgs a = { .mode = IMPORT_EXPORT, .output_fd = to_fd };
        _cleanup_close_ int dir_fd = -EBADF;
        _cleanup_free_ char *staging = NULL;
        int r;

        /* Nothing is written to it; the helper has to have some root. */
        r = store_staging_new(s, &staging, &dir_fd, diag);
        if (r < 0)
                return r;

        a.dir_fd = dir_fd;
        r = run_on_blob(s, id, &a, diag);
        store_staging_remove(s, staging);
        return r < 0 ? diag_wrap(diag, r, "cannot export image \"%s\"", id) : 0;
}

static int tree_checksum(int tree_fd, char **ret, Diag *diag) {
        _cleanup_(import_helper_done) ImportHelper h = IMPORT_HELPER_NULL;
        const ImportArgs a = {
                .mode = IMPORT_VERIFY,
                .dir_fd = tree_fd,
                .source_fd = -EBADF,
                .output_fd = -EBADF,
        };
        int r;

        r = import_helper_start(&a, &h, diag);
        if (r < 0)
                return r;

        r = import_helper_wait(&h, diag);
        if (r < 0)
                return r;

        *ret = strdup(h.result.checksum);
        return *ret ? 0 : -ENOMEM;
}

int image_verify_tree(ImageStore *s, const char *id, Diag *diag) {
        _cleanup_close_ int tree_fd = -EBADF;
        _cleanup_free_ char *expected = NULL, *found = NULL;
        int r;

        if (!image_store_tree_is_rendered(s, id))
                return diag_set(diag, -ENOENT, "image \"%s\" is not rendered", id);

        /* Shared, like a pod's: it must not be removed while it is read. */
        r = image_store_lock_tree(s, id, &tree_fd);
        if (r < 0)
                return diag_errno(diag, r, "cannot open the tree of image \"%s\"", id);

        r = file_read_at(tree_fd, TREE_HASH, HASH_MAX, &expected, NULL);
        if (r < 0 && r != -ENOENT && r != -EFBIG)
                return diag_errno(diag, r, "cannot read the checksum of image \"%s\"", id);

        r = tree_checksum(tree_fd, &found, diag);
        if (r < 0 && r != -EBADMSG)
                return diag_wrap(diag, r, "cannot verify the tree of image \"%s\"", id);

        if (expected && found && streq(strstrip(expected), found))
                return 1;

        /* Nothing may start from it any more; image_render_tree() makes it anew. */
        if (unlinkat(tree_fd, TREE_RENDERED, 0) < 0 && errno != ENOENT)
                return diag_errno(diag, -errno, "cannot mark the tree of image \"%s\" as bad", id);

        if (r >= 0)
                (void) diag_set(diag, -EBADMSG, "its checksum is %s, it was %s when it was rendered", found,
                                expected ? strstrip(expected) : "not recorded");
        return 0;
}
