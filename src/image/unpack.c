/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "appc/image-manifest.h"
#include "basic/fs-util.h"
#include "image/aci-entry.h"
#include "image/content-digest.h"
#include "image/tree-writer.h"
#include "image/unpack.h"

/* One entry after the other: read its header, judge it (aci-entry.c), make it (tree-writer.c). Limits are
 * checked on what a header announces, before anything is made. Device nodes are left out: nothing in a pod
 * could open them (all its mounts are nodev), a 0:0 node would be a whiteout to overlay, and without the
 * right to make any, a subverted helper can't make one of the host's disk. */

typedef struct Unpack {
        const UnpackArgs *args;
        TarReader *tar;
        TreeWriter *writer;
        int rootfs_fd;
        ContentDigest *content;
        bool has_manifest, has_rootfs;
        uint64_t bytes;
        uint64_t n_devices, n_xattrs; /* left out */
        UnpackResult result;
} Unpack;

void unpack_result_done(UnpackResult *r) {
        if (!r)
                return;

        inode_map_free(r->contents);
        *r = (UnpackResult) {};
}

static int entry_failed(const TarEntry *t, int error, Diag *diag) {
        _cleanup_free_ char *path = string_escape(t->path);

        if (!path)
                return -ENOMEM;

        switch (error) {
        case -ENOTDIR:
                return diag_set(diag, -EBADMSG, "entry \"%s\" lies in what is no directory", path);
        case -EISDIR:
        case -ENOTEMPTY:
        case -EEXIST:
                return diag_set(diag, -EBADMSG, "entry \"%s\" is a directory with contents elsewhere", path);
        case -ELOOP:
                return diag_set(diag, -EBADMSG, "entry \"%s\" lies behind too many symlinks", path);
        case -ENAMETOOLONG:
                return diag_set(diag, -EBADMSG, "entry \"%s\" has a name that is too long", path);
        case -ENOENT:
        case -EPERM:
        case -EMLINK:
                if (t->type == TAR_HARDLINK)
                        return diag_set(diag, -EBADMSG, "entry \"%s\" links to no regular file", path);
                break;
        }

        return diag_errno(diag, error, "cannot make \"%s\"", path);
}

static int read_manifest(Unpack *u, const TarEntry *t, char *text, Diag *diag) {
        size_t size = (size_t) t->size;
        TarData d;
        int r;

        while ((r = tar_reader_data(u->tar, &d, diag)) > 0) {
                if (d.offset > size || d.size > size - d.offset)
                        return diag_set(diag, -EBADMSG, "the manifest is longer than its header says");
                memcpy(text + d.offset, d.data, d.size);
        }

        return r;
}

static int unpack_manifest(Unpack *u, const TarEntry *t, Diag *diag) {
        _cleanup_free_ char *text = NULL;
        int r;

        if (u->has_manifest)
                return diag_set(diag, -EBADMSG, "the archive has more than one manifest");
        if (t->size > (int64_t) IMAGE_MANIFEST_MAX)
                return diag_set(diag, -EBADMSG, "the manifest is larger than %u bytes", IMAGE_MANIFEST_MAX);
        u->has_manifest = true;

        text = calloc(1, (size_t) t->size + 1);
        if (!text)
                return -ENOMEM;

        r = read_manifest(u, t, text, diag);
        if (r < 0)
                return r;

        r = file_write_at(u->args->dir_fd, "manifest", text, (size_t) t->size, 0644, WRITE_NEW);
        if (r < 0)
                return diag_errno(diag, r, "cannot write the manifest");

        return u->args->on_manifest ? u->args->on_manifest(text, (size_t) t->size, u->args->userdata) : 0;
}

static int keep_xattr(TreeAttributes *a, const TarXattr *x) {
        TreeXattr *p, copy;

        p = reallocarray(a->xattrs, a->n_xattrs + 1, sizeof(TreeXattr));
        if (!p)
                return -ENOMEM;
        a->xattrs = p;

        copy = (TreeXattr) { .name = strdup(x->name), .value = malloc(x->size + 1), .size = x->size };
        if (!copy.name || !copy.value) {
                free(copy.name);
                free(copy.value);
                return -ENOMEM;
        }

        memcpy(copy.value, x->value, x->size);
        a->xattrs[a->n_xattrs++] = copy;
        return 0;
}

static int get_xattrs(Unpack *u, const TarEntry *t, TreeAttributes *a, Diag *diag) {
        XattrVerdict verdict;
        TarXattr x;
        int r;

        while ((r = tar_reader_xattr(u->tar, &x, diag)) > 0) {
                r = aci_xattr_check(&x, &verdict, diag);
                if (r < 0)
                        return r;

                /* Others can't have any of those that are kept. */
                if (verdict == XATTR_DROP || (t->type != TAR_REGULAR && t->type != TAR_DIRECTORY)) {
                        u->n_xattrs++;
                        continue;
                }

                r = keep_xattr(a, &x);
                if (r < 0)
                        return r;
                u->result.has_xattrs = true;
        }

        return r;
}

static int get_attributes(Unpack *u, const TarEntry *t, TreeAttributes *ret, Diag *diag) {
        *ret = (TreeAttributes) {
                .mode = t->mode,
                .uid = (uid_t) t->uid,
                .gid = (gid_t) t->gid,
                .mtime = t->mtime,
        };

        return get_xattrs(u, t, ret, diag);
}

static int write_at(int fd, const TarData *d) {
        const uint8_t *p = d->data;

        for (size_t done = 0; done < d->size;) {
                ssize_t n = pwrite(fd, p + done, d->size - done, (off_t) (d->offset + done));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                done += (size_t) n;
        }

        return 0;
}

static int write_content(Unpack *u, const TarEntry *t, int fd, Diag *diag) {
        uint64_t size = (uint64_t) t->size, position = 0;
        TarData d;
        int r;

        while ((r = tar_reader_data(u->tar, &d, diag)) > 0) {
                if (d.offset < position || d.offset > size || d.size > size - d.offset)
                        return diag_set(diag, -EBADMSG, "a file's contents contradict its header");

                r = write_at(fd, &d);
                if (r < 0)
                        return entry_failed(t, r, diag);

                r = content_digest_skip(u->content, d.offset - position);
                if (r >= 0)
                        r = content_digest_update(u->content, d.data, d.size);
                if (r < 0)
                        return r;
                position = d.offset + d.size;
        }
        if (r < 0 || position == size)
                return r;

        /* It ends with a hole. */
        if (ftruncate(fd, (off_t) size) < 0)
                return entry_failed(t, -errno, diag);

        return content_digest_skip(u->content, size - position);
}

static int note_content(Unpack *u, int fd) {
        uint8_t digest[CONTENT_DIGEST_SIZE];
        struct stat st;
        int r;

        r = content_digest_final(u->content, digest);
        if (r < 0)
                return r;

        if (fstat(fd, &st) < 0)
                return -errno;

        return inode_map_put(u->result.contents, st.st_ino, digest, sizeof(digest));
}

static int unpack_regular(Unpack *u, const TarEntry *t, const char *path, const TreeAttributes *a,
                          Diag *diag) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        r = tree_writer_create(u->writer, path, a, &fd);
        if (r < 0)
                return entry_failed(t, r, diag);

        r = write_content(u, t, fd, diag);
        if (r < 0)
                return r;

        r = tree_writer_finish_file(u->writer, fd, a);
        if (r >= 0)
                r = note_content(u, fd);
        return r < 0 ? entry_failed(t, r, diag) : 0;
}

static int check_quota(Unpack *u, const TarEntry *t, Diag *diag) {
        const UnpackArgs *a = u->args;

        if (++u->result.entries > a->max_entries)
                return diag_set(diag, -EFBIG, "the archive has more than %llu entries",
                                (unsigned long long) a->max_entries);

        if (t->type != TAR_REGULAR)
                return 0;
        if ((uint64_t) t->size > a->max_bytes - u->bytes)
                return diag_set(diag, -EFBIG, "the files in the archive are larger than %llu bytes",
                                (unsigned long long) a->max_bytes);

        u->bytes += (uint64_t) t->size;
        return 0;
}

/* rootfs itself is made when the first entry in it comes: some archives have no entry for it. */
static int need_rootfs(Unpack *u, Diag *diag) {
        int r;

        if (u->rootfs_fd >= 0)
                return 0;

        if (mkdirat(u->args->dir_fd, "rootfs", 0700) < 0)
                return diag_errno(diag, -errno, "cannot make the rootfs");

        u->rootfs_fd = openat(u->args->dir_fd, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (u->rootfs_fd < 0 || fchmod(u->rootfs_fd, 0755) < 0)
                return diag_errno(diag, -errno, "cannot open the rootfs");

        r = tree_writer_new(u->rootfs_fd, &u->writer);
        return r;
}

static int unpack_in_rootfs(Unpack *u, const TarEntry *t, const AciEntry *e, Diag *diag) {
        _cleanup_(tree_attributes_done) TreeAttributes a = {};
        int r;

        r = need_rootfs(u, diag);
        if (r < 0)
                return r;

        r = get_attributes(u, t, &a, diag);
        if (r < 0)
                return diag_wrap(diag, r, "entry \"%s\" cannot be accepted", e->path);

        switch (t->type) {
        case TAR_REGULAR:
                return unpack_regular(u, t, e->path, &a, diag);
        case TAR_DIRECTORY:
                r = tree_writer_directory(u->writer, e->path, &a);
                break;
        case TAR_SYMLINK:
                r = tree_writer_symlink(u->writer, e->path, t->link, &a);
                break;
        case TAR_HARDLINK:
                r = tree_writer_hardlink(u->writer, e->path, e->link);
                break;
        case TAR_FIFO:
                r = tree_writer_fifo(u->writer, e->path, &a);
                break;
        case TAR_DEVICE:
        case TAR_OTHER:
                u->n_devices++;
                return 0;
        }

        return r < 0 ? entry_failed(t, r, diag) : 0;
}

static int unpack_entry(Unpack *u, const TarEntry *t, Diag *diag) {
        _cleanup_(aci_entry_done) AciEntry e = {};
        int r;

        r = aci_entry_check(t, &e, diag);
        if (r < 0)
                return r;

        r = check_quota(u, t, diag);
        if (r < 0)
                return r;

        switch (e.part) {
        case ACI_MANIFEST:
                return unpack_manifest(u, t, diag);
        case ACI_ROOTFS:
                return unpack_in_rootfs(u, t, &e, diag);
        case ACI_TOP:
                return 0;
        }

        return -EBADMSG;
}

static void warn_count(Unpack *u, uint64_t n, const char *what) {
        _cleanup_free_ char *text = NULL;

        if (n == 0 || !u->args->on_warning)
                return;

        text = xasprintf("%s left out of the tree: %llu", what, (unsigned long long) n);
        if (text)
                u->args->on_warning(text, u->args->userdata);
}

static int unpack_all(Unpack *u, Diag *diag) {
        TarEntry t;
        int r;

        while ((r = tar_reader_next(u->tar, &t, diag)) > 0) {
                r = unpack_entry(u, &t, diag);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;

        if (!u->has_manifest)
                return diag_set(diag, -EBADMSG, "the archive has no manifest");
        if (u->rootfs_fd < 0)
                return diag_set(diag, -EBADMSG, "the archive has no rootfs");

        r = tree_writer_finish(u->writer);
        if (r < 0)
                return diag_errno(diag, r, "cannot set the attributes of a directory");

        warn_count(u, u->n_devices, "device nodes");
        warn_count(u, u->n_xattrs, "extended attributes");
        return 0;
}

int unpack_aci(TarSource source, void *source_userdata, const UnpackArgs *a, UnpackResult *ret, Diag *diag) {
        _cleanup_(unpack_result_done) UnpackResult result = {};
        _cleanup_(tar_reader_freep) TarReader *tar = NULL;
        _cleanup_(content_digest_freep) ContentDigest *content = NULL;
        Unpack u = { .args = a, .rootfs_fd = -EBADF };
        int r;

        r = inode_map_new(&result.contents);
        if (r >= 0)
                r = content_digest_new(&content);
        if (r >= 0)
                r = tar_reader_new(source, source_userdata, &tar);
        if (r < 0)
                return r;

        u.tar = tar;
        u.content = content;
        u.result.contents = result.contents;

        r = unpack_all(&u, diag);
        tree_writer_free(u.writer);
        safe_close(u.rootfs_fd);
        if (r < 0)
                return r;

        *ret = u.result;
        result = (UnpackResult) {};
        return 0;
}
