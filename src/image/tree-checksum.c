/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "basic/fs-util.h"
#include "basic/strv.h"
#include "image/tree-checksum.h"

/* Each entry is a record in one running sha256: fixed-size numbers in the machine's byte order (the
 * checksum never leaves it), strings with their NUL. Extended attributes of what can't be opened without
 * harm (fifos, symlinks) can only be asked for by name, hence the change into each directory. */

#define READ_SIZE (256U * 1024)
#define DEPTH_MAX 2048U
#define BATCH_SIZE (64U * 1024)

typedef struct Walk {
        TreeChecksum *checksum;
        Digest *digest;
        ContentDigest *content;
        InodeMap *seen;      /* files with several names: for counting their bytes once */
        StringBuf batch;     /* records not yet given to digest */
        StringBuf path;
        unsigned depth;
        uint8_t *buffer;
} Walk;

typedef struct Record {
        uint64_t mode, uid, gid, size, rdev;
} Record;

static int flush_batch(Walk *w) {
        int r;

        if (w->batch.size == 0)
                return 0;

        r = digest_update(w->digest, w->batch.data, w->batch.size);
        w->batch.size = 0;
        return r;
}

static int add(Walk *w, const void *data, size_t n) {
        int r;

        r = string_buf_append_n(&w->batch, data, n);
        if (r < 0 || w->batch.size < BATCH_SIZE)
                return r;

        return flush_batch(w);
}

static int add_string(Walk *w, const char *s) {
        return add(w, s, strlen(s) + 1);
}

static int read_content(Walk *w, int dir_fd, const char *name, uint8_t ret[CONTENT_DIGEST_SIZE]) {
        _cleanup_close_ int fd = -EBADF;

        fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
                return -errno;

        return content_digest_file(w->content, fd, w->buffer, READ_SIZE, ret);
}

static int add_content(Walk *w, int dir_fd, const char *name, const struct stat *st) {
        uint8_t digest[CONTENT_DIGEST_SIZE];
        const void *known;
        int r;

        if (!w->checksum->contents) {
                r = read_content(w, dir_fd, name, digest);
                return r < 0 ? r : add(w, digest, CONTENT_DIGEST_SIZE);
        }

        known = inode_map_get(w->checksum->contents, st->st_ino);
        return known ? add(w, known, CONTENT_DIGEST_SIZE) : -ENODATA;
}

static int count_bytes(Walk *w, const struct stat *st) {
        if (st->st_nlink > 1) {
                if (inode_map_get(w->seen, st->st_ino))
                        return 0;
                w->checksum->bytes += (uint64_t) st->st_size;
                return inode_map_put(w->seen, st->st_ino, "", 1);
        }

        w->checksum->bytes += (uint64_t) st->st_size;
        return 0;
}

static int add_link_target(Walk *w, int dir_fd, const char *name) {
        char target[PATH_MAX];
        ssize_t n;

        n = readlinkat(dir_fd, name, target, sizeof(target));
        if (n < 0)
                return -errno;
        if ((size_t) n >= sizeof(target))
                return -ENAMETOOLONG;

        target[n] = 0;
        return add_string(w, target);
}

static bool xattr_counts(const char *name) {
        return startswith(name, "user.") || streq(name, "security.capability") ||
                startswith(name, "system.posix_acl_");
}

static int add_xattr(Walk *w, const char *file, const char *name) {
        ssize_t n;
        int r;

        n = lgetxattr(file, name, w->buffer, READ_SIZE);
        if (n < 0)
                return -errno;

        r = add_string(w, name);
        if (r < 0)
                return r;

        r = add(w, &(uint64_t) { (uint64_t) n }, sizeof(uint64_t));
        return r < 0 ? r : add(w, w->buffer, (size_t) n);
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

/* file: in the current directory. */
static int add_xattrs(Walk *w, const char *file) {
        _cleanup_strv_free_ char **names = NULL;
        _cleanup_free_ char *list = NULL;
        ssize_t n;
        int r;

        n = llistxattr(file, (char *) w->buffer, READ_SIZE);
        if (n <= 0)
                return n == 0 || errno == EOPNOTSUPP ? 0 : -errno;

        list = malloc((size_t) n);
        if (!list)
                return -ENOMEM;
        memcpy(list, w->buffer, (size_t) n);

        for (const char *name = list; name < list + n; name += strlen(name) + 1)
                if (xattr_counts(name)) {
                        r = strv_extend(&names, name);
                        if (r < 0)
                                return r;
                }

        if (names)
                qsort(names, strv_length(names), sizeof(char *), compare_names);
        STRV_FOREACH(name, names) {
                r = add_xattr(w, file, *name);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int add_record(Walk *w, const struct stat *st) {
        /* A directory's size is the file system's affair. */
        const Record record = {
                .mode = st->st_mode,
                .uid = st->st_uid,
                .gid = st->st_gid,
                .size = S_ISREG(st->st_mode) ? (uint64_t) st->st_size : 0,
                .rdev = st->st_rdev,
        };
        int r;

        w->checksum->entries++;
        r = add_string(w, strempty(w->path.data));
        return r < 0 ? r : add(w, &record, sizeof(record));
}

static int walk_directory(Walk *w, int dir_fd);

static int walk_subdirectory(Walk *w, int dir_fd, const char *name) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (w->depth >= DEPTH_MAX)
                return -ELOOP;

        fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return -errno;

        w->depth++;
        r = walk_directory(w, fd);
        w->depth--;

        if (r >= 0 && !w->checksum->no_xattrs && fchdir(dir_fd) < 0)
                return -errno;
        return r;
}

static int walk_entry(Walk *w, int dir_fd, const char *name) {
        struct stat st;
        int r;

        if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;

        r = add_record(w, &st);
        if (r >= 0 && !w->checksum->no_xattrs)
                r = add_xattrs(w, name);
        if (r < 0)
                return r;

        switch (st.st_mode & S_IFMT) {
        case S_IFREG:
                r = count_bytes(w, &st);
                return r < 0 ? r : add_content(w, dir_fd, name, &st);
        case S_IFLNK:
                return add_link_target(w, dir_fd, name);
        case S_IFDIR:
                return walk_subdirectory(w, dir_fd, name);
        default:
                return 0;
        }
}

static int walk_directory(Walk *w, int dir_fd) {
        _cleanup_strv_free_ char **names = NULL;
        size_t length = w->path.size;
        int r;

        r = dir_list_at(dir_fd, ".", &names);
        if (r < 0)
                return r;

        if (!w->checksum->no_xattrs && fchdir(dir_fd) < 0)
                return -errno;

        STRV_FOREACH(name, names) {
                r = string_buf_printf(&w->path, "/%s", *name);
                if (r < 0)
                        return r;

                r = walk_entry(w, dir_fd, *name);
                if (r < 0)
                        return r;

                w->path.size = length;
                w->path.data[length] = 0;
        }

        return 0;
}

/* The root itself comes first, as "". */
static int walk_root(Walk *w, int rootfs_fd) {
        struct stat st;
        int r;

        if (fstat(rootfs_fd, &st) < 0)
                return -errno;

        r = add_record(w, &st);
        if (r >= 0 && !w->checksum->no_xattrs)
                r = fchdir(rootfs_fd) < 0 ? -errno : add_xattrs(w, ".");
        if (r >= 0)
                r = walk_directory(w, rootfs_fd);
        if (r >= 0)
                r = flush_batch(w);
        return r < 0 ? r : digest_final_hex(w->digest, w->checksum->hex);
}

int tree_checksum(int rootfs_fd, TreeChecksum *c, Diag *diag) {
        _cleanup_(content_digest_freep) ContentDigest *content = NULL;
        _cleanup_(digest_freep) Digest *digest = NULL;
        _cleanup_(inode_map_freep) InodeMap *seen = NULL;
        _cleanup_free_ uint8_t *buffer = NULL;
        _cleanup_free_ char *escaped = NULL;
        Walk w = { .checksum = c };
        int r;

        buffer = malloc(READ_SIZE);
        if (!buffer)
                return -ENOMEM;

        r = digest_new(DIGEST_SHA256, &digest);
        if (r >= 0)
                r = content_digest_new(&content);
        if (r >= 0)
                r = inode_map_new(&seen);
        if (r < 0)
                return r;

        w.digest = digest;
        w.content = content;
        w.seen = seen;
        w.buffer = buffer;

        r = walk_root(&w, rootfs_fd);
        if (r < 0) {
                escaped = string_escape(strempty(w.path.data));
                r = diag_errno(diag, r, "cannot read \"%s\"", strempty(escaped));
        }

        string_buf_done(&w.batch);
        string_buf_done(&w.path);
        return r;
}
