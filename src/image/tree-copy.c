/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "basic/fs-util.h"
#include "image/import.h"
#include "image/inode-map.h"
#include "image/store-internal.h"

/* A copy of a rendered tree for pods without overlay: owners, modes, times, extended attributes, hard
 * links and holes. The tree is ours and holds no device nodes; the target is a new directory that nobody
 * else knows. So a walk by directory fds and names is enough, and every name is opened without following
 * symlinks. Files are cloned where the file system can, else copied by the kernel, data by data so that
 * holes stay.
 *
 * Order for each object: make, fill, owner (which takes setuid bits away), mode, extended attributes
 * (writing takes security.capability away), times. A directory's own come after its entries. */

#define COPY_DEPTH_MAX 2048U

typedef struct TreeCopy {
        InodeMap *links; /* source inode → path below the target, of files with several names */
        int target_fd;
        StringBuf path;  /* of the directory in work, below the target */
        unsigned depth;
} TreeCopy;

static int copy_xattr(int from_fd, int to_fd, const char *name) {
        _cleanup_free_ char *value = NULL;
        ssize_t n;

        n = fgetxattr(from_fd, name, NULL, 0);
        if (n < 0)
                return -errno;

        value = malloc((size_t) n + 1);
        if (!value)
                return -ENOMEM;

        n = fgetxattr(from_fd, name, value, (size_t) n);
        if (n < 0)
                return -errno;

        return fsetxattr(to_fd, name, value, (size_t) n, 0) < 0 ? -errno : 0;
}

/* security.selinux is the host's labelling, not the image's. */
static bool xattr_is_copied(const char *name) {
        return startswith(name, "user.") || streq(name, "security.capability") ||
                startswith(name, "system.posix_acl_");
}

static int copy_xattrs(int from_fd, int to_fd) {
        _cleanup_free_ char *names = NULL;
        ssize_t n;
        int r;

        n = flistxattr(from_fd, NULL, 0);
        if (n <= 0)
                return n == 0 || errno == EOPNOTSUPP ? 0 : -errno;
        if (n > XATTR_LIST_MAX)
                return -E2BIG;

        names = malloc((size_t) n);
        if (!names)
                return -ENOMEM;

        n = flistxattr(from_fd, names, (size_t) n);
        if (n < 0)
                return -errno;

        for (const char *name = names; name < names + n; name += strlen(name) + 1) {
                if (!xattr_is_copied(name))
                        continue;

                r = copy_xattr(from_fd, to_fd, name);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int copy_attributes(int from_fd, int to_fd, const struct stat *st) {
        const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, st->st_mtim };
        int r;

        if (fchown(to_fd, st->st_uid, st->st_gid) < 0 || fchmod(to_fd, st->st_mode & 07777) < 0)
                return -errno;

        r = copy_xattrs(from_fd, to_fd);
        if (r < 0)
                return r;

        return futimens(to_fd, times) < 0 ? -errno : 0;
}

static int copy_range(int from_fd, int to_fd, off_t begin, off_t end) {
        if (lseek(from_fd, begin, SEEK_SET) < 0 || lseek(to_fd, begin, SEEK_SET) < 0)
                return -errno;

        while (begin < end) {
                ssize_t n = copy_file_range(from_fd, NULL, to_fd, NULL, (size_t) (end - begin), 0);

                if (n < 0)
                        return -errno;
                if (n == 0)
                        return -EIO;
                begin += n;
        }

        return 0;
}

static int copy_data(int from_fd, int to_fd, off_t size) {
        off_t position = 0;
        int r;

        if (size == 0 || ioctl(to_fd, FICLONE, from_fd) >= 0)
                return 0;

        while (position < size) {
                off_t data = lseek(from_fd, position, SEEK_DATA), hole;

                if (data < 0 && errno == ENXIO)
                        break;
                if (data < 0)
                        return -errno;

                hole = lseek(from_fd, data, SEEK_HOLE);
                if (hole < 0)
                        return -errno;

                r = copy_range(from_fd, to_fd, data, hole);
                if (r == -EXDEV || r == -EOPNOTSUPP || r == -EINVAL) {
                        if (lseek(from_fd, 0, SEEK_SET) < 0 || lseek(to_fd, 0, SEEK_SET) < 0)
                                return -errno;
                        return fd_copy(from_fd, to_fd, UINT64_MAX, NULL);
                }
                if (r < 0)
                        return r;
                position = hole;
        }

        return ftruncate(to_fd, size) < 0 ? -errno : 0;
}

/* A file with several names: the first is copied, the others become links to the copy. 1: linked. */
static int copy_link(TreeCopy *c, int to_dir, const char *name, const struct stat *st) {
        _cleanup_free_ char *path = NULL;
        const char *first;
        int r;

        if (st->st_nlink < 2)
                return 0;

        first = inode_map_get(c->links, st->st_ino);
        if (first)
                return linkat(c->target_fd, first, to_dir, name, 0) < 0 ? -errno : 1;

        path = strjoin(c->path.data ?: "", name, NULL);
        if (!path)
                return -ENOMEM;

        r = inode_map_put(c->links, st->st_ino, path, strlen(path) + 1);
        return r < 0 ? r : 0;
}

static int copy_regular(TreeCopy *c, int from_dir, int to_dir, const char *name) {
        _cleanup_close_ int from_fd = -EBADF, to_fd = -EBADF;
        struct stat st;
        int r;

        from_fd = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        if (from_fd < 0 || fstat(from_fd, &st) < 0)
                return -errno;

        r = copy_link(c, to_dir, name, &st);
        if (r != 0)
                return r;

        to_fd = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (to_fd < 0)
                return -errno;

        r = copy_data(from_fd, to_fd, st.st_size);
        return r < 0 ? r : copy_attributes(from_fd, to_fd, &st);
}

/* Symlinks and fifos: nothing to open, so by name. */
static int copy_special(int from_dir, int to_dir, const char *name) {
        _cleanup_free_ char *target = NULL;
        struct stat st;

        if (fstatat(from_dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;

        if (S_ISLNK(st.st_mode)) {
                target = calloc(1, (size_t) st.st_size + 1);
                if (!target)
                        return -ENOMEM;
                if (readlinkat(from_dir, name, target, (size_t) st.st_size) != st.st_size)
                        return errno > 0 ? -errno : -EIO;
                if (symlinkat(target, to_dir, name) < 0)
                        return -errno;
        } else if (mknodat(to_dir, name, st.st_mode, st.st_rdev) < 0)
                return -errno;

        if (fchownat(to_dir, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (!S_ISLNK(st.st_mode) && fchmodat(to_dir, name, st.st_mode & 07777, 0) < 0)
                return -errno;

        const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, st.st_mtim };
        return utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

typedef struct CopyDir {
        TreeCopy *copy;
        int to_fd;
} CopyDir;

static int copy_directory(TreeCopy *c, int from_dir, int to_dir, const char *name);

static int copy_entry(int dir_fd, const char *name, unsigned char type, void *userdata) {
        CopyDir *d = userdata;

        switch (type) {
        case DT_REG:
                return copy_regular(d->copy, dir_fd, d->to_fd, name);
        case DT_DIR:
                return copy_directory(d->copy, dir_fd, d->to_fd, name);
        default:
                return copy_special(dir_fd, d->to_fd, name);
        }
}

static int copy_opened(TreeCopy *c, int from_fd, int to_fd) {
        CopyDir d = { .copy = c, .to_fd = to_fd };
        struct stat st;
        int r;

        if (fstat(from_fd, &st) < 0)
                return -errno;

        r = dir_foreach(from_fd, copy_entry, &d);
        return r < 0 ? r : copy_attributes(from_fd, to_fd, &st);
}

static int copy_directory(TreeCopy *c, int from_dir, int to_dir, const char *name) {
        _cleanup_close_ int from_fd = -EBADF, to_fd = -EBADF;
        size_t length = c->path.size;
        int r;

        if (c->depth >= COPY_DEPTH_MAX)
                return -ELOOP;

        from_fd = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (from_fd < 0)
                return -errno;

        if (mkdirat(to_dir, name, 0700) < 0)
                return -errno;

        to_fd = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (to_fd < 0)
                return -errno;

        r = string_buf_printf(&c->path, "%s/", name);
        if (r < 0)
                return r;

        c->depth++;
        r = copy_opened(c, from_fd, to_fd);
        c->depth--;

        c->path.size = length;
        c->path.data[length] = 0;
        return r;
}

int image_copy_tree(ImageStore *s, const char *id, int dest_fd, Diag *diag) {
        _cleanup_close_ int lock_fd = -EBADF, from_fd = -EBADF;
        _cleanup_(inode_map_freep) InodeMap *links = NULL;
        TreeCopy c = { .target_fd = dest_fd };
        int r;

        r = image_store_lock_tree(s, id, &lock_fd);
        if (r >= 0 && !image_store_tree_is_rendered(s, id))
                r = -ENOENT;
        if (r < 0)
                return diag_errno(diag, r, "cannot open the tree of image \"%s\"", id);

        from_fd = open_beneath(lock_fd, "rootfs", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        if (from_fd < 0)
                return diag_errno(diag, from_fd, "cannot open the tree of image \"%s\"", id);

        r = inode_map_new(&links);
        if (r < 0)
                return r;

        c.links = links;
        r = copy_opened(&c, from_fd, dest_fd);
        if (r < 0)
                r = diag_errno(diag, r, "cannot copy the tree of image \"%s\"", id);

        string_buf_done(&c.path);
        return r;
}
