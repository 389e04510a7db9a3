/* SPDX-License-Identifier: Apache-2.0 */

#include <dirent.h>
#include <stdint.h>
#include <sys/random.h>

#include "basic/fs-util.h"
#include "basic/path-util.h"
#include "basic/strv.h"

#define TEMPORARY_TRIES 16
/* Leaves room for the rest of ".#NAME.XXXXXX" in NAME_MAX. */
#define TEMPORARY_NAME_MAX 200

int open_parent_at(int dir_fd, const char *path, const char **ret_name) {
        const char *name = path_basename(path);
        if (!filename_is_valid(name))
                return -EINVAL;

        _cleanup_free_ char *parent = name == path ? strdup(".") : strndup(path, name - path);
        if (!parent)
                return -ENOMEM;

        int fd = openat(dir_fd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;

        *ret_name = name;
        return fd;
}

/* 0 if path is a directory by now, ours or one that was there. */
static int mkdir_one(int dir_fd, const char *path, mode_t mode) {
        if (mkdirat(dir_fd, path, mode) >= 0)
                return 0;
        if (errno != EEXIST)
                return -errno;

        struct stat st;
        if (fstatat(dir_fd, path, &st, 0) < 0)
                return errno == ENOENT ? -ENOTDIR : -errno; /* a dangling symlink */
        return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int mkdir_p_at(int dir_fd, const char *path, mode_t mode) {
        _cleanup_free_ char *p = strdup(path);
        if (!p)
                return -ENOMEM;

        path_simplify(p);
        if (isempty(p))
                return -ENOENT;
        int r = mkdir_one(dir_fd, p, mode);
        if (r != -ENOENT)
                return r;

        for (char *slash = strchr(p + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                r = mkdir_one(dir_fd, p, mode);
                *slash = '/';
                if (r < 0)
                        return r;
        }
        return mkdir_one(dir_fd, p, mode);
}

/* Creates ".#NAME.XXXXXX" beside name, for writing. */
static int temporary_create(int dir_fd, const char *name, char **ret_name) {
        for (int i = 0; i < TEMPORARY_TRIES; i++) {
                uint8_t random[3];
                if (getrandom(random, sizeof(random), 0) < 0)
                        return -errno;

                _cleanup_free_ char *temporary = xasprintf(".#%.*s.%02x%02x%02x", TEMPORARY_NAME_MAX, name,
                                                           random[0], random[1], random[2]);
                if (!temporary)
                        return -ENOMEM;

                int fd = openat(dir_fd, temporary,
                                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
                if (fd < 0 && errno == EEXIST)
                        continue;
                if (fd < 0)
                        return -errno;

                *ret_name = TAKE_PTR(temporary);
                return fd;
        }
        return -EEXIST;
}

typedef struct FileContent {
        const void *data;
        size_t size;
        mode_t mode;
        WriteFlags flags;
} FileContent;

static int fill_file(int fd, const FileContent *c) {
        int r = fd_write_all(fd, c->data, c->size);
        if (r < 0)
                return r;
        if (fchmod(fd, c->mode) < 0)
                return -errno;
        if ((c->flags & WRITE_SYNC) && fsync(fd) < 0)
                return -errno;
        return 0;
}

static int write_and_rename(int dir_fd, const char *name, const FileContent *c) {
        _cleanup_free_ char *temporary = NULL;
        _cleanup_close_ int fd = temporary_create(dir_fd, name, &temporary);
        if (fd < 0)
                return fd;

        int r = fill_file(fd, c);
        if (r >= 0 && (c->flags & WRITE_NEW))
                r = rename_noreplace_at(dir_fd, temporary, dir_fd, name);
        else if (r >= 0)
                r = renameat(dir_fd, temporary, dir_fd, name) < 0 ? -errno : 0;
        if (r < 0)
                (void) unlinkat(dir_fd, temporary, 0);
        return r;
}

int file_write_at(int dir_fd, const char *path, const void *data, size_t size, mode_t mode,
                  WriteFlags flags) {
        const char *name;
        _cleanup_close_ int parent_fd = open_parent_at(dir_fd, path, &name);
        if (parent_fd < 0)
                return parent_fd;

        int r = write_and_rename(parent_fd, name,
                                 &(FileContent) { .data = data, .size = size, .mode = mode, .flags = flags });
        if (r < 0)
                return r;
        if ((flags & WRITE_SYNC) && fsync(parent_fd) < 0)
                return -errno;
        return 0;
}

int rename_noreplace_at(int from_dir_fd, const char *from, int to_dir_fd, const char *to) {
        return renameat2(from_dir_fd, from, to_dir_fd, to, RENAME_NOREPLACE) < 0 ? -errno : 0;
}

static int dirent_type(int dir_fd, const struct dirent *de, unsigned char *ret) {
        struct stat st;

        if (de->d_type != DT_UNKNOWN) {
                *ret = de->d_type;
                return 0;
        }
        if (fstatat(dir_fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        *ret = IFTODT(st.st_mode);
        return 0;
}

int dir_foreach(int dir_fd, DirEntryHandler f, void *userdata) {
        /* A file description of its own: the position in dir_fd is the caller's. */
        _cleanup_close_ int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;

        _cleanup_closedir_ DIR *d = fdopendir(fd);
        if (!d)
                return -errno;
        TAKE_FD(fd);

        for (;;) {
                errno = 0;
                struct dirent *de = readdir(d);
                if (!de)
                        return -errno;
                if (streq(de->d_name, ".") || streq(de->d_name, ".."))
                        continue;

                unsigned char type = DT_UNKNOWN;
                int r = dirent_type(dirfd(d), de, &type);
                if (r == -ENOENT) /* gone meanwhile */
                        continue;
                if (r < 0)
                        return r;

                r = f(dirfd(d), de->d_name, type, userdata);
                if (r < 0)
                        return r;
        }
}

/* Makes room for one more element. */
static int array_grow(void *array, size_t n, size_t *allocated, size_t element_size) {
        if (n < *allocated)
                return 0;

        size_t wanted = MAX(2 * *allocated, (size_t) 64);
        void *larger = reallocarray(*(void **) array, wanted, element_size);
        if (!larger)
                return -ENOMEM;

        *(void **) array = larger;
        *allocated = wanted;
        return 0;
}

typedef struct NameList {
        char **names; /* a strv */
        size_t n, allocated;
} NameList;

static int name_list_add(int dir_fd, const char *name, unsigned char type, void *userdata) {
        NameList *l = userdata;

        /* strv_extend() counts anew each time, which is too slow for a store of many thousands. */
        int r = array_grow(&l->names, l->n + 1, &l->allocated, sizeof(char *));
        if (r < 0)
                return r;

        l->names[l->n] = strdup(name);
        if (!l->names[l->n])
                return -ENOMEM;
        l->names[++l->n] = NULL;
        return 0;
}

static int name_compare(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

int dir_list_at(int dir_fd, const char *path, char ***ret) {
        _cleanup_close_ int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return -errno;

        NameList l = {};
        int r = dir_foreach(fd, name_list_add, &l);
        _cleanup_strv_free_ char **names = l.names;
        if (r < 0)
                return r;
        if (!names) {
                names = calloc(1, sizeof(char *));
                if (!names)
                        return -ENOMEM;
        }

        qsort(names, l.n, sizeof(char *), name_compare);
        *ret = TAKE_PTR(names);
        return 0;
}

typedef struct Link {
        dev_t dev;
        ino_t ino;
        uint64_t size;
} Link;

/* The directories still to be read are kept as paths, each opened from the top without symlinks: this
 * needs two descriptors however deep the tree is. */
typedef struct SizeSum {
        uint64_t bytes;
        char **todo; /* strv used as a stack */
        size_t n_todo, allocated_todo;
        const char *here;
        Link *links; /* files of more than one name, as often as met */
        size_t n_links, allocated_links;
} SizeSum;

static void size_sum_done(SizeSum *s) {
        for (size_t i = 0; i < s->n_todo; i++)
                free(s->todo[i]);
        free(s->todo);
        free(s->links);
}

static int size_sum_push(SizeSum *s, const char *name) {
        int r = array_grow(&s->todo, s->n_todo, &s->allocated_todo, sizeof(char *));
        if (r < 0)
                return r;

        char *path = s->here ? path_join(s->here, name) : strdup(name);
        if (!path)
                return -ENOMEM;
        s->todo[s->n_todo++] = path;
        return 0;
}

static int size_sum_add(int dir_fd, const char *name, unsigned char type, void *userdata) {
        SizeSum *s = userdata;

        if (type == DT_DIR)
                return size_sum_push(s, name);
        if (type != DT_REG)
                return 0;

        struct stat st;
        if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (st.st_nlink <= 1) {
                s->bytes += st.st_size;
                return 0;
        }

        int r = array_grow(&s->links, s->n_links, &s->allocated_links, sizeof(Link));
        if (r < 0)
                return r;
        s->links[s->n_links++] = (Link) { .dev = st.st_dev, .ino = st.st_ino, .size = st.st_size };
        return 0;
}

static int link_compare(const void *a, const void *b) {
        const Link *x = a, *y = b;

        if (x->dev != y->dev)
                return x->dev < y->dev ? -1 : 1;
        return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static void size_sum_add_links(SizeSum *s) {
        if (s->n_links > 0)
                qsort(s->links, s->n_links, sizeof(Link), link_compare);
        for (size_t i = 0; i < s->n_links; i++)
                if (i == 0 || link_compare(&s->links[i - 1], &s->links[i]) != 0)
                        s->bytes += s->links[i].size;
}

int dir_size_at(int dir_fd, const char *path, uint64_t *ret) {
        _cleanup_close_ int top_fd = openat(dir_fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (top_fd < 0)
                return -errno;

        _cleanup_(size_sum_done) SizeSum s = {};
        int r = size_sum_push(&s, ".");
        while (r >= 0 && s.n_todo > 0) {
                _cleanup_free_ char *here = s.todo[--s.n_todo];
                _cleanup_close_ int fd = open_beneath(top_fd, here, O_RDONLY | O_DIRECTORY, 0);
                if (fd == -ENOENT) /* gone meanwhile */
                        continue;

                s.here = here;
                r = fd < 0 ? fd : dir_foreach(fd, size_sum_add, &s);
        }
        if (r < 0)
                return r;

        size_sum_add_links(&s);
        *ret = s.bytes;
        return 0;
}

int fsync_parent_at(int dir_fd, const char *path) {
        const char *name;
        _cleanup_close_ int fd = open_parent_at(dir_fd, path, &name);
        if (fd < 0)
                return fd;

        return fsync(fd) < 0 ? -errno : 0;
}

int path_exists_at(int dir_fd, const char *path) {
        struct stat st;

        if (fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) >= 0)
                return 1;
        return errno == ENOENT ? 0 : -errno;
}
