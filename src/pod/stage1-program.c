/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/process-util.h"
#include "layout/pods.h"
#include "pod/pod-internal.h"
#include "pod/stage1-program.h"

/* The implementor's guide has entrypoints executed from stage1/rootfs in the pod's directory. But that is
 * the root of the pod once it runs: whoever is root in there can put anything in the place of "/stop", and
 * the host's root would execute it. So enter, stop and gc come from the shared, read-only tree of the
 * image instead, as rkt itself did for enter; only "run" is executed from the pod, at a time when nothing
 * has run in it yet. */

int stage1_program_path(const PodContext *c, const Pod *p, const char *entrypoint, char **ret, Diag *diag) {
        _cleanup_free_ char *tree = NULL, *dir = NULL, *link = NULL;
        char path[PATH_MAX];

        int r = pod_read_word(p, POD_STAGE1_TREE_FILE, &tree);
        if (r < 0)
                return diag_errno(diag, r, "cannot read \"%s\" of pod \"%s\"", POD_STAGE1_TREE_FILE, p->uuid);
        if (!image_id_is_valid(tree))
                return diag_set(diag, -EBADMSG, "\"%s\" of pod \"%s\" holds no image id",
                                POD_STAGE1_TREE_FILE, p->uuid);

        dir = xasprintf("%s/%s/rootfs", CAS_TREE_DIR, tree);
        if (!dir)
                return -ENOMEM;
        _cleanup_close_ int root = openat(p->data_dir_fd, dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (root < 0)
                return diag_errno(diag, -errno, "stage1 image %s of pod \"%s\" is not in the store any more",
                                  tree, p->uuid);

        _cleanup_close_ int fd = open_in_root(root, entrypoint, O_PATH | O_CLOEXEC, 0);
        if (fd < 0)
                return diag_errno(diag, fd, "cannot open \"%s\" of stage1 image %s", entrypoint, tree);

        /* By its real name: a link in there that is meant to be read inside stage1 must not be read
         * outside. */
        link = xasprintf("/proc/self/fd/%d", fd);
        if (!link)
                return -ENOMEM;
        ssize_t n = readlink(link, path, sizeof(path) - 1);
        if (n < 0)
                return diag_errno(diag, -errno, "cannot find \"%s\" of stage1 image %s", entrypoint, tree);
        path[n] = 0;

        *ret = strdup(path);
        return *ret ? 0 : -ENOMEM;
}

int stage1_program_run(const PodContext *c, const Pod *p, const char *what, char *const *argv, Diag *diag) {
        _cleanup_free_ char *cwd = pod_absolute_path(c->paths->data_dir, p);
        pid_t pid;
        int code;

        if (!cwd)
                return -ENOMEM;

        const SpawnArgs spawn = {
                .path = argv[0],
                .argv = argv,
                .stdin_fd = -EBADF,
                .stdout_fd = -EBADF,
                .stderr_fd = -EBADF,
                .cwd = cwd,
        };
        int r = process_spawn(&spawn, &pid);
        if (r < 0)
                return diag_errno(diag, r, "cannot execute stage1's %s entrypoint \"%s\"", what, argv[0]);
        r = process_wait(pid, USEC_INFINITY, &code);
        if (r < 0)
                return diag_errno(diag, r, "cannot wait for stage1's %s entrypoint", what);
        if (code != 0)
                return diag_set(diag, -EREMOTEIO, "stage1's %s entrypoint failed with exit code %d", what,
                                code);

        return 0;
}
