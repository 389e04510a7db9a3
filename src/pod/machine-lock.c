/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>

#include "basic/fs-util.h"
#include "basic/lock.h"
#include "basic/path-util.h"
#include "basic/uuid.h"
#include "layout/pods.h"
#include "pod/machine-lock.h"

static int refuse(int fd, const char *machine_name, Diag *diag) {
        char uuid[UUID_STRING_MAX] = {};
        Uuid parsed;

        /* Whoever has the lock may not have written it yet. */
        ssize_t n = pread(fd, uuid, sizeof(uuid) - 1, 0);
        if (n != sizeof(uuid) - 1 || uuid_parse(uuid, &parsed) < 0)
                return diag_set(diag, -EEXIST, "machine \"%s\" is being started already", machine_name);

        diag_set(diag, -EEXIST, "machine \"%s\" is running already, as pod %s", machine_name, uuid);
        return diag_hint(diag, -EEXIST, "stop it first: rkt stop %s", uuid);
}

int machine_lock(int data_dir_fd, const char *machine_name, int *ret_fd, Diag *diag) {
        _cleanup_close_ int dir = -EBADF, fd = -EBADF;

        if (!filename_is_valid(machine_name))
                return diag_set(diag, -EINVAL, "\"%s\" is no machine name", machine_name);

        int r = mkdir_p_at(data_dir_fd, MACHINES_DIR, 0700);
        if (r < 0)
                return diag_errno(diag, r, "cannot create \"%s\" in the data directory", MACHINES_DIR);
        dir = open_beneath(data_dir_fd, MACHINES_DIR, O_PATH | O_DIRECTORY, 0);
        if (dir < 0)
                return diag_errno(diag, dir, "cannot open \"%s\" in the data directory", MACHINES_DIR);
        fd = openat(dir, machine_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return diag_errno(diag, -errno, "cannot open the lock of machine \"%s\"", machine_name);

        r = lock_try(fd, LOCK_EXCLUSIVE);
        if (r == -EWOULDBLOCK)
                return refuse(fd, machine_name, diag);
        if (r < 0)
                return diag_errno(diag, r, "cannot lock the name of machine \"%s\"", machine_name);
        if (ftruncate(fd, 0) < 0)
                return diag_errno(diag, -errno, "cannot write the lock of machine \"%s\"", machine_name);

        *ret_fd = TAKE_FD(fd);
        return 0;
}

int machine_lock_set_uuid(int fd, const char *uuid) {
        return fd_write_all(fd, uuid, strlen(uuid));
}
