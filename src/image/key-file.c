/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/path-util.h"
#include "basic/strv.h"
#include "image/key-file.h"

/* Who may write here decides what runs as root: root, and who runs this (for tests and for trees of one's
 * own). The members of group rkt-admin are there to manage trust too: directories may be writable by that
 * group, and files in it may belong to its present members. */

#define ADMIN_GROUP "rkt-admin"
#define ENTRY_MAX 16384

/* One of the group database; entries larger than this are nobody's we ask for. */
typedef struct GroupEntry {
        struct group group;
        char buffer[ENTRY_MAX];
} GroupEntry;

static bool is_admin_group(gid_t gid, GroupEntry *e) {
        struct group *g = NULL;

        return getgrgid_r(gid, &e->group, e->buffer, sizeof(e->buffer), &g) == 0 && g &&
               streq(g->gr_name, ADMIN_GROUP);
}

static bool user_is(const char *name, uid_t uid) {
        char buffer[ENTRY_MAX];
        struct passwd entry, *pw = NULL;

        return getpwnam_r(name, &entry, buffer, sizeof(buffer), &pw) == 0 && pw && pw->pw_uid == uid;
}

static bool is_admin(uid_t uid, gid_t gid) {
        GroupEntry e;

        if (!is_admin_group(gid, &e))
                return false;
        STRV_FOREACH(member, e.group.gr_mem)
                if (user_is(*member, uid))
                        return true;
        return false;
}

static bool group_may_write(const struct stat *st) {
        GroupEntry e;

        return !(st->st_mode & S_IWGRP) || is_admin_group(st->st_gid, &e);
}

static int check_writers(const struct stat *st, const char *path, Diag *diag) {
        const char *what = S_ISDIR(st->st_mode) ? "directory" : "key file";
        int e = 0;

        if (st->st_uid != 0 && st->st_uid != geteuid() && !is_admin(st->st_uid, st->st_gid))
                e = diag_set(diag, -EPERM, "refusing %s \"%s\": it belongs to user %u, not to root", what,
                             path, st->st_uid);
        else if (st->st_mode & S_IWOTH)
                e = diag_set(diag, -EPERM, "refusing %s \"%s\": everybody can write it", what, path);
        else if (!group_may_write(st))
                e = diag_set(diag, -EPERM, "refusing %s \"%s\": group %u can write it", what, path,
                             st->st_gid);
        if (e < 0)
                return diag_hint(diag, e, "check who changed it, then: chown root:root, chmod go-w");
        return 0;
}

static int check_dir(int fd, const char *path, Diag *diag) {
        struct stat st;

        if (fstat(fd, &st) < 0)
                return diag_errno(diag, -errno, "failed to look at \"%s\"", path);
        return check_writers(&st, path, diag);
}

static int open_error(int error, const char *path, Diag *diag) {
        if (error == -ENOENT)
                return error;
        /* openat() with O_DIRECTORY|O_NOFOLLOW says ENOTDIR of a symlink. */
        if (error == -ELOOP || error == -ENOTDIR)
                return diag_set(diag, -ELOOP,
                                "refusing \"%s\": it is a symbolic link, or not what it should be", path);
        return diag_errno(diag, error, "failed to open \"%s\"", path);
}

typedef struct Walk {
        const char *config;
        bool create;
        Diag *diag;
} Walk;

/* A new directory: whom the one above lets write, it does, too (group rkt-admin, or nobody but root). */
static int inherit_mode(int parent_fd, int fd) {
        struct stat st;

        if (fstat(parent_fd, &st) < 0 || fchmod(fd, st.st_mode & 02775) < 0)
                return -errno;
        return 0;
}

/* Steps into name below *fd, which it replaces; path: where that is. */
static int step_into(const Walk *w, int *fd, const char *name, const char *path) {
        _cleanup_close_ int next = -EBADF;
        bool made = false;
        int e;

        if (w->create) {
                made = mkdirat(*fd, name, 0755) >= 0;
                if (!made && errno != EEXIST)
                        return diag_errno(w->diag, -errno, "failed to make directory \"%s\"", path);
        }
        next = openat(*fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (next < 0)
                return open_error(-errno, path, w->diag);
        e = made ? inherit_mode(*fd, next) : 0;
        if (e < 0)
                return diag_errno(w->diag, e, "failed to set the mode of \"%s\"", path);
        safe_close(*fd);
        *fd = TAKE_FD(next);
        return check_dir(*fd, path, w->diag);
}

static int walk(const Walk *w, char *const *components, int *ret_fd) {
        _cleanup_free_ char *path = strdup(w->config);
        _cleanup_close_ int fd = -EBADF;
        int e;

        if (!path)
                return -ENOMEM;
        if (w->create) {
                e = mkdir_p_at(AT_FDCWD, w->config, 0755);
                if (e < 0)
                        return diag_errno(w->diag, e, "failed to make directory \"%s\"", path);
        }
        /* The configuration directory is the administrator's choice and may be a symlink. */
        fd = open(w->config, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return open_error(-errno, path, w->diag);
        e = check_dir(fd, path, w->diag);
        STRV_FOREACH(name, components) {
                char *longer = e < 0 ? NULL : path_join(path, *name);
                if (!longer)
                        return e < 0 ? e : -ENOMEM;
                free(path);
                path = longer;
                e = step_into(w, &fd, *name, path);
        }
        if (e < 0)
                return e;
        *ret_fd = TAKE_FD(fd);
        return 0;
}

int key_dir_open(const char *config, const char *relative, int *ret_fd, Diag *diag) {
        _cleanup_strv_free_ char **components = NULL;
        int e;

        e = strv_split(relative, "/", &components);
        return e < 0 ? e : walk(&(Walk) { .config = config, .diag = diag }, components, ret_fd);
}

int key_file_read(int dir_fd, const char *name, const char *path, StringBuf *ret, Diag *diag) {
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *data = NULL;
        struct stat st;
        size_t size;
        int e;

        fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return open_error(-errno, path, diag);
        if (fstat(fd, &st) < 0)
                return diag_errno(diag, -errno, "failed to look at \"%s\"", path);
        if (!S_ISREG(st.st_mode))
                return diag_set(diag, -EPERM, "refusing key file \"%s\": it is not a regular file", path);
        e = check_writers(&st, path, diag);
        if (e < 0)
                return e;
        e = fd_read_all(fd, KEY_FILE_MAX, &data, &size);
        if (e < 0)
                return diag_errno(diag, e, "failed to read \"%s\"", path);
        return string_buf_append_n(ret, data, size);
}

int key_file_write(const char *config, const char *relative, const StringBuf *data, Diag *diag) {
        _cleanup_strv_free_ char **components = NULL;
        _cleanup_free_ char *name = NULL, *old = NULL;
        _cleanup_close_ int fd = -EBADF;
        size_t n, old_size = 0;
        int e;

        e = strv_split(relative, "/", &components);
        if (e < 0)
                return e;
        n = strv_length(components);
        name = TAKE_PTR(components[n - 1]);
        e = walk(&(Walk) { .config = config, .create = true, .diag = diag }, components, &fd);
        if (e < 0)
                return e;
        if (file_read_at(fd, name, KEY_FILE_MAX, &old, &old_size) >= 0 && old_size == data->size &&
            memcmp(old, data->data, old_size) == 0)
                return 0;
        e = file_write_at(fd, name, data->data, data->size, 0644, WRITE_SYNC);
        return e < 0 ? diag_errno(diag, e, "failed to write \"%s/%s\"", config, relative) : 0;
}
