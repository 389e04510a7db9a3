/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/path-util.h"
#include "image/store-internal.h"
#include "layout/pods.h"

/* Staging: everything that is not yet, or no longer, part of the store is a directory in cas/tmp. Its
 * owner holds an exclusive lock on it, which the kernel takes away with the owner; so whatever can be
 * locked is garbage.
 *
 * A directory exists for a moment before it is locked. Makers hold cas/tmp itself shared for that moment,
 * and a sweep holds it exclusively. */

#define STAGING_ATTEMPTS_MAX 100

int store_random_name(char ret[STORE_SUFFIX_MAX]) {
        uint64_t v;

        if (getrandom(&v, sizeof(v), 0) != sizeof(v))
                return -EIO;

        static const char digits[] = "0123456789abcdef";
        for (size_t i = 0; i < STORE_SUFFIX_MAX - 1; i++, v >>= 4)
                ret[i] = digits[v & 15];
        ret[STORE_SUFFIX_MAX - 1] = 0;
        return 0;
}

static int open_tmp(ImageStore *s, LockMode mode, bool wait, int *ret_fd) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = open_beneath(s->data_fd, CAS_TMP_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        if (fd < 0)
                return fd;

        r = wait ? lock_wait(fd, mode, USEC_INFINITY) : lock_try(fd, mode);
        if (r < 0)
                return r;

        *ret_fd = TAKE_FD(fd);
        return 0;
}

static int make_locked_dir(int tmp_fd, char ret_name[STORE_SUFFIX_MAX], int *ret_fd) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        for (unsigned i = 0; i < STAGING_ATTEMPTS_MAX; i++) {
                r = store_random_name(ret_name);
                if (r < 0)
                        return r;

                if (mkdirat(tmp_fd, ret_name, 0700) < 0) {
                        if (errno == EEXIST)
                                continue;
                        return -errno;
                }

                fd = openat(tmp_fd, ret_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
                if (fd < 0)
                        return -errno;

                r = lock_try(fd, LOCK_EXCLUSIVE);
                if (r < 0)
                        return r;

                *ret_fd = TAKE_FD(fd);
                return 0;
        }

        return -EEXIST;
}

int store_staging_new(ImageStore *s, char **ret_name, int *ret_fd, Diag *diag) {
        _cleanup_close_ int tmp_fd = -EBADF, fd = -EBADF;
        _cleanup_free_ char *copy = NULL;
        char name[STORE_SUFFIX_MAX];
        int r;

        r = open_tmp(s, LOCK_SHARED, /* wait= */ true, &tmp_fd);
        if (r < 0)
                return diag_errno(diag, r, "cannot open the staging directory of the image store");

        r = make_locked_dir(tmp_fd, name, &fd);
        if (r < 0)
                return diag_errno(diag, r, "cannot make a directory in \"%s\"", CAS_TMP_DIR);

        copy = strdup(name);
        if (!copy)
                return -ENOMEM;

        *ret_name = TAKE_PTR(copy);
        *ret_fd = TAKE_FD(fd);
        return 0;
}

void store_staging_remove(ImageStore *s, const char *name) {
        _cleanup_close_ int tmp_fd = -EBADF;

        tmp_fd = open_beneath(s->data_fd, CAS_TMP_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        if (tmp_fd >= 0)
                (void) rm_rf_at(tmp_fd, name);
}

static int sweep_entry(int tmp_fd, const char *name, unsigned char type, void *userdata) {
        _cleanup_close_ int fd = -EBADF;
        int *first_error = userdata, r;

        if (type == DT_DIR) {
                fd = openat(tmp_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
                if (fd < 0)
                        return 0;

                if (lock_try(fd, LOCK_EXCLUSIVE) < 0)
                        return 0;
        }

        r = rm_rf_at(tmp_fd, name);
        if (r < 0 && *first_error == 0)
                *first_error = r;
        return 0;
}

int store_staging_sweep(ImageStore *s) {
        _cleanup_close_ int tmp_fd = -EBADF;
        int r, error = 0;

        r = open_tmp(s, LOCK_EXCLUSIVE, /* wait= */ false, &tmp_fd);
        if (r == -EWOULDBLOCK)
                return 0;
        if (r < 0)
                return r;

        r = dir_foreach(tmp_fd, sweep_entry, &error);
        return r < 0 ? r : error;
}

int store_trash(ImageStore *s, const char *dir, const char *name) {
        _cleanup_close_ int from_fd = -EBADF, staging_fd = -EBADF;
        _cleanup_free_ char *staging = NULL;
        int r;

        from_fd = open_beneath(s->data_fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        if (from_fd < 0)
                return from_fd;

        r = store_staging_new(s, &staging, &staging_fd, /* diag= */ NULL);
        if (r < 0)
                return r;

        /* Gone in one step for everybody else; the slow part happens where only sweeps look. */
        r = renameat(from_fd, name, staging_fd, "trash") < 0 ? -errno : 0;
        store_staging_remove(s, staging);
        return r == -ENOENT ? 0 : r;
}
