/* SPDX-License-Identifier: Apache-2.0 */

#include <dirent.h>
#include <linux/openat2.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "basic/fs-util.h"
#include "basic/path-util.h"

/* Removing a tree that a hostile program may be changing meanwhile. What keeps it inside the tree:
 *
 * - Directories are only entered by name from the fd of their parent, never through symlinks or onto another
 * mount, and never left by "..": whatever is renamed or swapped, we are where we came through. A mount that
 * covers a directory later is not seen, and makes the final rmdir fail with EBUSY. - Everything else is
 * unlinked, which never follows anything.
 *
 * A tree may be deeper than there are file descriptors. Directories below DEPTH_MAX are therefore first
 * moved up into the directory at the top, which is scanned again until it is empty. */

#define DEPTH_MAX 24
/* Passes over one directory in which others keep adding entries. */
#define REFILLS_MAX 64
#define RACE_TRIES 16

typedef struct Level {
        DIR *dir;
        char *name;       /* in the level above */
        unsigned refills; /* passes that left something behind */
} Level;

typedef struct Removal {
        Level levels[DEPTH_MAX];
        size_t depth;
        bool moved; /* something into the top level, since its last pass */
} Removal;

static void removal_done(Removal *r) {
        while (r->depth > 0) {
                Level *l = &r->levels[--r->depth];
                closedir(l->dir);
                free(l->name);
        }
}

static bool is_same_mount(int a, int b) {
        struct statx x, y;

        return statx(a, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) >= 0 &&
               statx(b, "", AT_EMPTY_PATH, STATX_MNT_ID, &y) >= 0 &&
               (x.stx_mask & y.stx_mask & STATX_MNT_ID) && x.stx_mnt_id == y.stx_mnt_id;
}

/* -ENOTDIR or -ELOOP if it is no directory, -EXDEV if it is a mount point. */
static int enter_directory(int dir_fd, const char *name) {
        struct open_how how = {
                .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
        };

        _cleanup_close_ int fd = syscall(SYS_openat2, dir_fd, name, &how, sizeof(how));
        if (fd < 0 && errno == ENOSYS) {
                fd = openat(dir_fd, name, how.flags);
                if (fd >= 0 && !is_same_mount(fd, dir_fd))
                        return -EXDEV;
        }
        return fd < 0 ? -errno : TAKE_FD(fd);
}

static int removal_push(Removal *r, int parent_fd, const char *name) {
        _cleanup_close_ int fd = enter_directory(parent_fd, name);
        if (fd < 0)
                return fd;

        char *copy = strdup(name);
        DIR *dir = copy ? fdopendir(fd) : NULL;
        if (!dir) {
                free(copy);
                return -ENOMEM;
        }

        TAKE_FD(fd);
        r->levels[r->depth++] = (Level) { .dir = dir, .name = copy };
        return 0;
}

/* Gets a directory out of the depth, under a name of no meaning. */
static int move_up(Removal *r, int parent_fd, const char *name) {
        for (unsigned i = 0; i < RACE_TRIES; i++) {
                uint64_t random;
                if (getrandom(&random, sizeof(random), 0) < 0)
                        return -errno;

                _cleanup_free_ char *to = xasprintf(".rm-%016llx", (unsigned long long) random);
                if (!to)
                        return -ENOMEM;

                int k = rename_noreplace_at(parent_fd, name, dirfd(r->levels[0].dir), to);
                if (k != -EEXIST) {
                        r->moved = r->moved || k >= 0;
                        return k;
                }
        }
        return -EEXIST;
}

/* Removes the entry, or enters it if it is a directory. */
static int remove_entry(Removal *r, const struct dirent *de) {
        int dir_fd = dirfd(r->levels[r->depth - 1].dir);

        /* The type is a hint: the entry may be another by now. */
        if (de->d_type != DT_DIR) {
                if (unlinkat(dir_fd, de->d_name, 0) >= 0 || errno == ENOENT)
                        return 0;
                if (errno != EISDIR)
                        return -errno;
        }

        int k = r->depth < DEPTH_MAX ? removal_push(r, dir_fd, de->d_name) : move_up(r, dir_fd, de->d_name);
        if (k == -ENOTDIR || k == -ELOOP)
                k = unlinkat(dir_fd, de->d_name, 0) < 0 ? -errno : 0;
        return k == -ENOENT ? 0 : k;
}

/* The innermost directory has been read to its end: removes and leaves it, or reads it again if it has
 * entries. */
static int finish_level(Removal *r, int top_parent_fd) {
        Level *l = &r->levels[r->depth - 1];
        int parent_fd = r->depth > 1 ? dirfd(r->levels[r->depth - 2].dir) : top_parent_fd;

        if (unlinkat(parent_fd, l->name, AT_REMOVEDIR) < 0) {
                if (errno == ENOTEMPTY || errno == EEXIST) {
                        bool progress = r->depth == 1 && r->moved;
                        if (!progress && ++l->refills > REFILLS_MAX)
                                return -ENOTEMPTY;
                        r->moved = r->moved && !progress;
                        rewinddir(l->dir);
                        return 0;
                }
                /* Swapped for something else, which is the next pass's business, or gone. */
                if (errno != ENOENT && errno != ENOTDIR)
                        return -errno;
        }

        r->depth--;
        closedir(l->dir);
        free(l->name);
        return 0;
}

static int remove_tree(int parent_fd, const char *name) {
        _cleanup_(removal_done) Removal r = {};

        int k = removal_push(&r, parent_fd, name);
        while (k >= 0 && r.depth > 0) {
                errno = 0;
                struct dirent *de = readdir(r.levels[r.depth - 1].dir);
                if (!de)
                        k = errno > 0 ? -errno : finish_level(&r, parent_fd);
                else if (!streq(de->d_name, ".") && !streq(de->d_name, ".."))
                        k = remove_entry(&r, de);
        }
        return k;
}

int rm_rf_at(int dir_fd, const char *path) {
        const char *name;
        _cleanup_close_ int parent_fd = open_parent_at(dir_fd, path, &name);
        if (parent_fd < 0)
                return parent_fd == -ENOENT ? 0 : parent_fd;

        for (unsigned i = 0; i < RACE_TRIES; i++) {
                if (unlinkat(parent_fd, name, 0) >= 0 || errno == ENOENT)
                        return 0;
                if (errno != EISDIR)
                        return -errno;

                int r = remove_tree(parent_fd, name);
                if (r < 0 && r != -ENOENT && r != -ENOTDIR && r != -ELOOP)
                        return r;
        }
        return -EBUSY;
}
