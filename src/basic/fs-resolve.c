/* SPDX-License-Identifier: Apache-2.0 */

#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include "basic/fs-util.h"
#include "basic/path-util.h"

/* Opening paths that others may have prepared against us. The kernel does it all in openat2(2). Where that
 * is missing (old kernels, seccomp filters of outer containers), and to make directories along the way,
 * the path is walked here: each component is opened O_PATH|O_NOFOLLOW in the directory reached so far,
 * symlinks are read and their targets put before what is left of the path. The directories from the root
 * to here stay open on a stack, so that ".." is popping: it cannot pass the root, nor be led astray by a
 * rename meanwhile. */

#define SYMLINKS_MAX 40
#define RACE_TRIES 128

typedef struct Walk {
        int *fds; /* the root first */
        size_t n_fds;
        char *todo;    /* allocated */
        char *current; /* the component being looked at; inside todo */
        char *rest;    /* what follows it; inside todo */
        bool last;     /* no component follows */
        bool want_directory; /* a slash follows */
        unsigned n_symlinks;
        bool make_directories;
        mode_t directory_mode;
} Walk;

static void walk_done(Walk *w) {
        for (size_t i = 0; i < w->n_fds; i++)
                safe_close(w->fds[i]);
        free(w->fds);
        free(w->todo);
}

/* Takes fd. */
static int walk_push(Walk *w, int fd) {
        if (fd < 0)
                return -errno;

        int *fds = reallocarray(w->fds, w->n_fds + 1, sizeof(int));
        if (!fds) {
                safe_close(fd);
                return -ENOMEM;
        }
        w->fds = fds;
        w->fds[w->n_fds++] = fd;
        return 0;
}

static int walk_top(const Walk *w) {
        return w->fds[w->n_fds - 1];
}

static void walk_pop(Walk *w) {
        safe_close(w->fds[--w->n_fds]);
}

static int walk_begin(Walk *w, int root_fd, const char *path) {
        w->todo = strdup(path);
        if (!w->todo)
                return -ENOMEM;
        w->rest = w->todo;
        return walk_push(w, openat(root_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* Cuts the next component off; false at the end. */
static bool walk_next(Walk *w) {
        w->current = w->rest + strspn(w->rest, "/");
        size_t n = strcspn(w->current, "/");
        w->rest = w->current + n;
        if (n == 0)
                return false;

        w->want_directory = *w->rest == '/';
        if (w->want_directory)
                *w->rest++ = '\0';
        w->last = w->rest[strspn(w->rest, "/")] == '\0';
        return true;
}

/* The component is the symlink opened as fd: goes on with its target. */
static int walk_follow(Walk *w, int fd, uint64_t resolve) {
        if ((resolve & RESOLVE_NO_SYMLINKS) || ++w->n_symlinks > SYMLINKS_MAX)
                return -ELOOP;

        char target[PATH_MAX];
        ssize_t n = readlinkat(fd, "", target, sizeof(target));
        if (n < 0)
                return -errno;
        if (n == 0 || (size_t) n >= sizeof(target))
                return n == 0 ? -ENOENT : -ENAMETOOLONG;
        target[n] = '\0';

        if (target[0] == '/' && (resolve & RESOLVE_BENEATH))
                return -EXDEV;
        while (target[0] == '/' && w->n_fds > 1)
                walk_pop(w);

        char *todo = strjoin(target, w->want_directory ? "/" : "", w->rest, NULL);
        if (!todo)
                return -ENOMEM;
        free(w->todo);
        w->todo = w->rest = todo;
        return 0;
}

static int walk_up(Walk *w, uint64_t resolve) {
        if (w->n_fds > 1)
                walk_pop(w);
        else if (resolve & RESOLVE_BENEATH)
                return -EXDEV;
        return 0;
}

/* Whether the last component is left to the final open() even if it is a symlink. */
static bool stops_at_symlink(const Walk *w, uint64_t flags) {
        return w->last && !w->want_directory &&
               ((flags & O_NOFOLLOW) || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL));
}

static int open_last(const Walk *w, const struct open_how *how, int *ret_fd) {
        /* What was no symlink a moment ago may be one now: O_NOFOLLOW makes that an error, not a way out. */
        uint64_t flags = how->flags | O_NOFOLLOW | O_CLOEXEC | (w->want_directory ? O_DIRECTORY : 0);
        int fd = openat(walk_top(w), w->current, (int) flags, (mode_t) how->mode);
        if (fd < 0)
                return -errno;

        *ret_fd = fd;
        return 1;
}

static int open_component(const Walk *w) {
        for (unsigned i = 0; i < RACE_TRIES; i++) {
                int fd = openat(walk_top(w), w->current, O_PATH | O_NOFOLLOW | O_CLOEXEC);
                if (fd >= 0)
                        return fd;
                if (errno != ENOENT || !w->make_directories)
                        return -errno;
                if (mkdirat(walk_top(w), w->current, w->directory_mode) < 0 && errno != EEXIST)
                        return -errno;
        }
        return -EAGAIN;
}

/* Looks at the current component. Returns 1 and the fd asked for if it was the last, 0 to go on. */
static int walk_step(Walk *w, const struct open_how *how, int *ret_fd) {
        if (streq(w->current, "."))
                return 0;
        if (streq(w->current, ".."))
                return walk_up(w, how->resolve);

        _cleanup_close_ int fd = open_component(w);
        if (fd == -ENOENT && w->last && !w->want_directory && (how->flags & O_CREAT))
                return open_last(w, how, ret_fd);
        if (fd < 0)
                return fd;

        struct stat st;
        if (fstat(fd, &st) < 0)
                return -errno;

        if (S_ISLNK(st.st_mode) && !stops_at_symlink(w, how->flags))
                return walk_follow(w, fd, how->resolve);
        if (w->last && !w->make_directories)
                return open_last(w, how, ret_fd);
        if (!S_ISDIR(st.st_mode))
                return -ENOTDIR;

        return walk_push(w, TAKE_FD(fd));
}

static int walk_run(Walk *w, const struct open_how *how) {
        int fd = -EBADF, r = 0;

        while (r == 0 && walk_next(w))
                r = walk_step(w, how, &fd);
        if (r != 0)
                return r < 0 ? r : fd;

        /* The path ended in a directory that is open already. */
        if (how->flags & O_CREAT)
                return -EISDIR;
        fd = openat(walk_top(w), ".", how->flags | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

int openat2_by_walk(int root_fd, const char *path, const struct open_how *how) {
        if (isempty(path))
                return -ENOENT;
        if (path_is_absolute(path) && (how->resolve & RESOLVE_BENEATH))
                return -EXDEV;

        _cleanup_(walk_done) Walk w = {};
        int r = walk_begin(&w, root_fd, path);
        if (r < 0)
                return r;
        return walk_run(&w, how);
}

static int openat2_or_walk(int root_fd, const char *path, int flags, mode_t mode, uint64_t resolve) {
        struct open_how how = {
                .flags = (uint64_t) (unsigned) flags | O_CLOEXEC,
                .mode = flags & (O_CREAT | __O_TMPFILE) ? mode & 07777 : 0,
                .resolve = resolve | RESOLVE_NO_MAGICLINKS,
        };

        /* The kernel gives up with EAGAIN where a rename anywhere might have confused a "..". */
        for (unsigned i = 0; i < RACE_TRIES; i++) {
                int fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
                if (fd >= 0)
                        return fd;
                if (errno == ENOSYS)
                        return openat2_by_walk(root_fd, path, &how);
                if (errno != EAGAIN && errno != EINTR)
                        return -errno;
        }
        return openat2_by_walk(root_fd, path, &how);
}

int open_in_root(int root_fd, const char *path, int flags, mode_t mode) {
        return openat2_or_walk(root_fd, path, flags, mode, RESOLVE_IN_ROOT);
}

int open_beneath(int dir_fd, const char *path, int flags, mode_t mode) {
        return openat2_or_walk(dir_fd, path, flags, mode, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

int mkdir_p_in_root(int root_fd, const char *path, mode_t mode) {
        int fd = open_in_root(root_fd, path, O_PATH | O_DIRECTORY, 0);
        if (fd != -ENOENT || isempty(path))
                return fd;

        _cleanup_(walk_done) Walk w = { .make_directories = true, .directory_mode = mode };
        int r = walk_begin(&w, root_fd, path);
        if (r < 0)
                return r;
        return walk_run(&w, &(struct open_how) { .flags = O_PATH | O_DIRECTORY });
}
