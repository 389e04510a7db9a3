/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/path-util.h"
#include "image/store-internal.h"
#include "layout/pods.h"

/* Rendered trees: cas/tree/ID with the manifest, rootfs/, and three small files: "hash", the checksum over
 * the rootfs; "image", the id; "rendered", the mark that the rest is whole.
 *
 * Rendering does not wait for the disk. So "rendered" says which boot made it: within that boot the page
 * cache vouches for the tree; after it only a tree that was flushed and marked "synced" (gc does that) is
 * trusted, and any other is made again from the blob, whose digest is checked on the way. */

#define TREE_HASH "hash"
#define TREE_IMAGE "image"
#define TREE_RENDERED "rendered"
#define TREE_MANIFEST "manifest"
#define TREE_ROOTFS "rootfs"
#define MARK_MAX 256
#define MARK_SYNCED "synced\n"
#define PUBLISH_ATTEMPTS_MAX 3

static int open_trees(ImageStore *s) {
        return open_beneath(s->data_fd, CAS_TREE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

static int format_boot_mark(ImageStore *s, char **ret) {
        const char *boot;
        int r;

        r = store_boot_id(s, &boot);
        if (r < 0)
                return r;

        *ret = strjoin("boot=", boot, "\n", NULL);
        return *ret ? 0 : -ENOMEM;
}

int tree_write_marks(ImageStore *s, int tree_fd, const TreeMarks *m) {
        _cleanup_free_ char *hash = NULL, *image = NULL, *mark = NULL;
        int r;

        hash = strjoin(m->hash, "\n", NULL);
        image = strjoin(m->id, "\n", NULL);
        if (!hash || !image)
                return -ENOMEM;

        r = format_boot_mark(s, &mark);
        if (r < 0)
                return r;

        r = file_write_at(tree_fd, TREE_HASH, hash, strlen(hash), 0600, /* flags= */ 0);
        if (r < 0)
                return r;

        r = file_write_at(tree_fd, TREE_IMAGE, image, strlen(image), 0600, /* flags= */ 0);
        if (r < 0)
                return r;

        return file_write_at(tree_fd, TREE_RENDERED, mark, strlen(mark), 0600, /* flags= */ 0);
}

int tree_mark_state(ImageStore *s, const char *tree_name) {
        _cleanup_free_ char *path = NULL, *text = NULL, *mark = NULL;
        int r;

        path = strjoin("tree/", tree_name, "/" TREE_RENDERED, NULL);
        if (!path)
                return -ENOMEM;

        r = file_read_at(s->cas_fd, path, MARK_MAX, &text, NULL);
        if (r < 0)
                return r;

        if (streq(text, MARK_SYNCED))
                return 1;

        r = format_boot_mark(s, &mark);
        if (r < 0)
                return r;

        return streq(text, mark) ? 0 : -ESTALE;
}

int image_store_tree_is_rendered(ImageStore *s, const char *id) {
        return image_id_is_valid(id) && tree_mark_state(s, id) >= 0;
}

int image_store_open_tree(ImageStore *s, const char *id, int *ret_fd) {
        _cleanup_free_ char *path = NULL;
        int fd;

        if (!image_store_tree_is_rendered(s, id))
                return -ENOENT;

        path = strjoin("tree/", id, "/" TREE_ROOTFS, NULL);
        if (!path)
                return -ENOMEM;

        fd = open_beneath(s->cas_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        if (fd < 0)
                return fd;

        *ret_fd = fd;
        return 0;
}

int image_store_lock_tree(ImageStore *s, const char *id, int *ret_fd) {
        _cleanup_close_ int trees_fd = -EBADF, fd = -EBADF;
        struct stat a, b;
        int r;

        if (!image_id_is_valid(id))
                return -EINVAL;

        trees_fd = open_trees(s);
        if (trees_fd < 0)
                return trees_fd;

        fd = openat(trees_fd, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
                return -errno;

        r = lock_wait(fd, LOCK_SHARED, USEC_INFINITY);
        if (r < 0)
                return r;

        /* Whoever removes a tree locks it, moves it away, deletes it: we may hold the lock of the moved
         * one. */
        if (fstat(fd, &a) < 0 || fstatat(trees_fd, id, &b, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
                return -ENOENT;

        *ret_fd = TAKE_FD(fd);
        return 0;
}

int tree_discard(ImageStore *s, const char *id) {
        _cleanup_close_ int trees_fd = -EBADF, fd = -EBADF;
        int r;

        trees_fd = open_trees(s);
        if (trees_fd < 0)
                return trees_fd;

        fd = openat(trees_fd, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;

        r = lock_try(fd, LOCK_EXCLUSIVE);
        if (r < 0)
                return r == -EWOULDBLOCK ? -EBUSY : r;

        r = store_trash(s, CAS_TREE_DIR, id);
        return r < 0 ? r : 1;
}

static int tree_set_aside(ImageStore *s, int trees_fd, const char *id) {
        _cleanup_free_ char *name = NULL;
        char suffix[STORE_SUFFIX_MAX];
        int r;

        r = store_random_name(suffix);
        if (r < 0)
                return r;

        name = xasprintf("%s%c%s", id, TREE_ASIDE, suffix);
        if (!name)
                return -ENOMEM;

        return rename_noreplace_at(trees_fd, id, trees_fd, name);
}

static int tree_make_way(ImageStore *s, int trees_fd, const char *id) {
        _cleanup_strv_free_ char **in_use = NULL;
        int r;

        r = store_trees_in_use(s, &in_use);
        if (r < 0)
                return r;

        if (!strv_contains(in_use, id)) {
                r = tree_discard(s, id);
                if (r != -EBUSY)
                        return r;
        }

        return tree_set_aside(s, trees_fd, id);
}

int tree_publish(ImageStore *s, const char *id, int staging_fd, const char *name) {
        _cleanup_close_ int trees_fd = -EBADF;
        int r;

        trees_fd = open_trees(s);
        if (trees_fd < 0)
                return trees_fd;

        for (unsigned i = 0; i < PUBLISH_ATTEMPTS_MAX; i++) {
                r = rename_noreplace_at(staging_fd, name, trees_fd, id);
                if (r != -EEXIST)
                        return r;

                if (image_store_tree_is_rendered(s, id))
                        return 0;

                /* A left-over: of another boot, or without its mark. */
                r = tree_make_way(s, trees_fd, id);
                if (r < 0)
                        return r;
        }

        return -EEXIST;
}

int tree_add_mark_sizes(int tree_fd, uint64_t rootfs_bytes, uint64_t *ret) {
        static const char *const names[] = { TREE_MANIFEST, TREE_HASH, TREE_IMAGE, TREE_RENDERED };
        uint64_t sum = rootfs_bytes;
        struct stat st;

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                if (fstatat(tree_fd, names[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
                        return -errno;
                sum += (uint64_t) st.st_size;
        }

        *ret = sum;
        return 0;
}

/* Both passes go over the same list: what is rendered in between is not yet on disk. */
int tree_sync_all(ImageStore *s) {
        _cleanup_close_ int trees_fd = -EBADF;
        _cleanup_strv_free_ char **names = NULL, **unsynced = NULL;
        int r;

        r = dir_list_at(s->data_fd, CAS_TREE_DIR, &names);
        if (r < 0)
                return r;

        STRV_FOREACH(name, names) {
                if (tree_mark_state(s, *name) != 0)
                        continue;

                r = strv_extend(&unsynced, *name);
                if (r < 0)
                        return r;
        }

        if (!unsynced)
                return 0;

        if (syncfs(s->cas_fd) < 0)
                return -errno;

        trees_fd = open_trees(s);
        if (trees_fd < 0)
                return trees_fd;

        STRV_FOREACH(name, unsynced) {
                _cleanup_close_ int fd = -EBADF;

                fd = openat(trees_fd, *name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
                if (fd < 0)
                        continue;

                r = file_write_at(fd, TREE_RENDERED, MARK_SYNCED, strlen(MARK_SYNCED), 0600, WRITE_SYNC);
                if (r < 0 && r != -ENOENT)
                        return r;
        }

        return 0;
}
