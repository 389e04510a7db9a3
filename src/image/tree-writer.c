/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "basic/fs-util.h"
#include "image/inode-map.h"
#include "image/tree-writer.h"

/* Archives come directory by directory. So the directories used last are kept open, by path: an entry then
 * costs the system calls for itself alone. A path keeps meaning the same directory until something is
 * removed from the tree (new names cannot change what resolved before), and then all of them are
 * forgotten.
 *
 * Directories are made with mode 0700 and owned by root while the tree is written. */

#define DIRS_CACHED 32U
#define DIRECTORY_MODE_WHILE_WRITING 0700
#define DIRECTORY_MODE_IMPLIED 0755

typedef struct CachedDir {
        char *path;
        int fd;
        uint64_t used;
} CachedDir;

typedef struct DirRecord {
        char *path;
        ino_t ino;
        TreeAttributes attributes;
} DirRecord;

struct TreeWriter {
        int root_fd;
        CachedDir dirs[DIRS_CACHED];
        uint64_t clock;
        DirRecord *records;
        size_t n_records, allocated_records;
        InodeMap *last_record; /* directory's inode → index of its last record */
};

void tree_attributes_done(TreeAttributes *a) {
        if (!a)
                return;

        for (size_t i = 0; i < a->n_xattrs; i++) {
                free(a->xattrs[i].name);
                free(a->xattrs[i].value);
        }
        free(a->xattrs);
        *a = (TreeAttributes) {};
}

int tree_writer_new(int root_fd, TreeWriter **ret) {
        _cleanup_(tree_writer_freep) TreeWriter *w = NULL;
        int r;

        w = calloc(1, sizeof(TreeWriter));
        if (!w)
                return -ENOMEM;

        w->root_fd = root_fd;
        for (size_t i = 0; i < DIRS_CACHED; i++)
                w->dirs[i].fd = -EBADF;

        r = inode_map_new(&w->last_record);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(w);
        return 0;
}

static void cached_dir_done(CachedDir *d) {
        free(d->path);
        safe_close(d->fd);
        *d = (CachedDir) { .fd = -EBADF };
}

static void forget_dirs(TreeWriter *w) {
        for (size_t i = 0; i < DIRS_CACHED; i++)
                cached_dir_done(&w->dirs[i]);
}

TreeWriter *tree_writer_free(TreeWriter *w) {
        if (!w)
                return NULL;

        forget_dirs(w);
        for (size_t i = 0; i < w->n_records; i++) {
                free(w->records[i].path);
                tree_attributes_done(&w->records[i].attributes);
        }
        free(w->records);
        inode_map_free(w->last_record);
        free(w);
        return NULL;
}

static CachedDir *find_dir(TreeWriter *w, const char *path, size_t n) {
        CachedDir *oldest = &w->dirs[0];

        for (size_t i = 0; i < DIRS_CACHED; i++) {
                CachedDir *d = &w->dirs[i];

                if (d->path && strncmp(d->path, path, n) == 0 && d->path[n] == 0)
                        return d;
                if (d->used < oldest->used)
                        oldest = d;
        }

        cached_dir_done(oldest);
        return oldest;
}

static int open_dir_once(TreeWriter *w, const char *path) {
        int fd;

        if (isempty(path))
                return open_in_root(w->root_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

        fd = open_in_root(w->root_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        if (fd != -ENOENT)
                return fd;

        return mkdir_p_in_root(w->root_fd, path, DIRECTORY_MODE_IMPLIED);
}

static int open_dir(TreeWriter *w, const char *path) {
        int fd;

        fd = open_dir_once(w, path);
        if (fd != -EMFILE)
                return fd;

        /* The cache takes what there is; it is not needed. */
        for (size_t i = 0; i < DIRS_CACHED; i++)
                if (w->dirs[i].fd >= 0)
                        cached_dir_done(&w->dirs[i]);
        return open_dir_once(w, path);
}

/* The directory in which the last component of path lies (made if need be; borrowed until the next call), and
 * that component. */
static int parent_of(TreeWriter *w, const char *path, const char **ret_name) {
        const char *slash = strrchr(path, '/');
        size_t n = slash ? (size_t) (slash - path) : 0;
        CachedDir *d;

        *ret_name = slash ? slash + 1 : path;

        d = find_dir(w, path, n);
        if (!d->path) {
                d->path = strndup(path, n);
                if (!d->path)
                        return -ENOMEM;

                int fd = open_dir(w, d->path);
                if (fd < 0) {
                        cached_dir_done(d);
                        return fd;
                }
                d->fd = fd;
        }

        d->used = ++w->clock;
        return d->fd;
}

/* Takes away what stands where something new is to be. An empty directory gives way as well, as with other
 * tars. */
static int clear_name(TreeWriter *w, const char *path) {
        const char *name;
        int dir_fd;

        dir_fd = parent_of(w, path, &name);
        if (dir_fd < 0)
                return dir_fd;

        if (unlinkat(dir_fd, name, 0) < 0) {
                if (errno != EISDIR)
                        return -errno;
                if (unlinkat(dir_fd, name, AT_REMOVEDIR) < 0)
                        return -errno;
        }

        forget_dirs(w);
        return 0;
}

static int add_record(TreeWriter *w, const char *path, ino_t ino, TreeAttributes *a) {
        _cleanup_free_ char *copy = NULL;
        int r;

        if (w->n_records >= w->allocated_records) {
                size_t n = MAX(w->allocated_records * 2, (size_t) 64);
                DirRecord *p = reallocarray(w->records, n, sizeof(DirRecord));

                if (!p)
                        return -ENOMEM;
                w->records = p;
                w->allocated_records = n;
        }

        copy = strdup(path);
        if (!copy)
                return -ENOMEM;

        r = inode_map_put(w->last_record, ino, &w->n_records, sizeof(w->n_records));
        if (r < 0)
                return r;

        w->records[w->n_records++] = (DirRecord) { .path = TAKE_PTR(copy), .ino = ino, .attributes = *a };
        *a = (TreeAttributes) {};
        return 0;
}

int tree_writer_directory(TreeWriter *w, const char *path, TreeAttributes *a) {
        const char *name;
        struct stat st;
        int dir_fd, r;

        if (isempty(path))
                return fstat(w->root_fd, &st) < 0 ? -errno : add_record(w, "", st.st_ino, a);

        for (bool cleared = false;; cleared = true) {
                dir_fd = parent_of(w, path, &name);
                if (dir_fd < 0)
                        return dir_fd;

                if (mkdirat(dir_fd, name, DIRECTORY_MODE_WHILE_WRITING) < 0 && errno != EEXIST)
                        return -errno;

                if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        return -errno;
                if (S_ISDIR(st.st_mode))
                        return add_record(w, path, st.st_ino, a);
                if (cleared)
                        return -EEXIST;

                r = clear_name(w, path);
                if (r < 0)
                        return r;
        }
}

int tree_writer_create(TreeWriter *w, const char *path, const TreeAttributes *a, int *ret_fd) {
        const char *name;
        int dir_fd, fd, r;

        for (bool cleared = false;; cleared = true) {
                dir_fd = parent_of(w, path, &name);
                if (dir_fd < 0)
                        return dir_fd;

                fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                            a->mode & 0777);
                if (fd >= 0) {
                        *ret_fd = fd;
                        return 0;
                }
                if (errno != EEXIST || cleared)
                        return -errno;

                r = clear_name(w, path);
                if (r < 0)
                        return r;
        }
}

static int set_xattrs(int fd, const TreeAttributes *a) {
        for (size_t i = 0; i < a->n_xattrs; i++)
                if (fsetxattr(fd, a->xattrs[i].name, a->xattrs[i].value, a->xattrs[i].size, 0) < 0)
                        return -errno;

        return 0;
}

/* Order: chown takes setuid and security.capability away, an ACL completes the mode. */
static int set_attributes(int fd, const TreeAttributes *a, bool is_new_file) {
        const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, a->mtime };
        bool foreign = a->uid != 0 || a->gid != 0;
        int r;

        /* A new file is root's and has the mode it was made with, but for these. */
        if ((!is_new_file || foreign) && fchown(fd, a->uid, a->gid) < 0)
                return -errno;
        if ((!is_new_file || (a->mode & ~0777U)) && fchmod(fd, a->mode) < 0)
                return -errno;

        r = set_xattrs(fd, a);
        if (r < 0)
                return r;

        return futimens(fd, times) < 0 ? -errno : 0;
}

int tree_writer_finish_file(TreeWriter *w, int fd, const TreeAttributes *a) {
        return set_attributes(fd, a, /* is_new_file= */ true);
}

/* Of what can't be opened. The mode of a symlink is no mode. */
static int set_attributes_at(int dir_fd, const char *name, const TreeAttributes *a, bool with_mode) {
        const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, a->mtime };

        if (fchownat(dir_fd, name, a->uid, a->gid, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        /* It was made just now, by us, and nobody else is in this tree: it is no symlink. */
        if (with_mode && fchmodat(dir_fd, name, a->mode, 0) < 0)
                return -errno;

        return utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

int tree_writer_symlink(TreeWriter *w, const char *path, const char *target, const TreeAttributes *a) {
        const char *name;
        int dir_fd, r;

        for (bool cleared = false;; cleared = true) {
                dir_fd = parent_of(w, path, &name);
                if (dir_fd < 0)
                        return dir_fd;

                if (symlinkat(target, dir_fd, name) >= 0)
                        return set_attributes_at(dir_fd, name, a, /* with_mode= */ false);
                if (errno != EEXIST || cleared)
                        return -errno;

                r = clear_name(w, path);
                if (r < 0)
                        return r;
        }
}

int tree_writer_fifo(TreeWriter *w, const char *path, const TreeAttributes *a) {
        const char *name;
        int dir_fd, r;

        for (bool cleared = false;; cleared = true) {
                dir_fd = parent_of(w, path, &name);
                if (dir_fd < 0)
                        return dir_fd;

                if (mknodat(dir_fd, name, S_IFIFO | 0600, 0) >= 0)
                        return set_attributes_at(dir_fd, name, a, /* with_mode= */ true);
                if (errno != EEXIST || cleared)
                        return -errno;

                r = clear_name(w, path);
                if (r < 0)
                        return r;
        }
}

static bool same_file(int dir_fd, const char *name, const struct stat *st) {
        struct stat other;

        return fstatat(dir_fd, name, &other, AT_SYMLINK_NOFOLLOW) >= 0 && other.st_ino == st->st_ino &&
                other.st_dev == st->st_dev;
}

int tree_writer_hardlink(TreeWriter *w, const char *path, const char *target) {
        _cleanup_close_ int target_fd = -EBADF;
        const char *name, *target_name;
        struct stat st;
        int dir_fd, r;

        for (bool cleared = false;; cleared = true) {
                dir_fd = parent_of(w, target, &target_name);
                if (dir_fd < 0)
                        return dir_fd;
                if (fstatat(dir_fd, target_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        return -errno;
                if (!S_ISREG(st.st_mode))
                        return -EPERM;

                /* The next look-up may push it out of the cache. */
                safe_close(target_fd);
                target_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
                if (target_fd < 0)
                        return -errno;

                dir_fd = parent_of(w, path, &name);
                if (dir_fd < 0)
                        return dir_fd;
                if (linkat(target_fd, target_name, dir_fd, name, 0) >= 0)
                        return 0;
                if (errno != EEXIST || cleared)
                        return -errno;
                if (same_file(dir_fd, name, &st)) /* to itself: removing it first would lose the file */
                        return 0;

                r = clear_name(w, path);
                if (r < 0)
                        return r;
        }
}

/* Only the last record of a directory counts, and only if it is still there, under the path it had. */
static int finish_record(TreeWriter *w, size_t index) {
        const DirRecord *d = &w->records[index];
        const size_t *last = inode_map_get(w->last_record, d->ino);
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        if (!last || *last != index)
                return 0;

        fd = open_in_root(w->root_fd, isempty(d->path) ? "." : d->path,
                          O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
                return 0;
        if (fd < 0)
                return fd;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (st.st_ino != d->ino)
                return 0;

        return set_attributes(fd, &d->attributes, /* is_new_file= */ false);
}

int tree_writer_finish(TreeWriter *w) {
        int r;

        for (size_t i = 0; i < w->n_records; i++) {
                r = finish_record(w, i);
                if (r < 0)
                        return r;
        }

        return 0;
}
