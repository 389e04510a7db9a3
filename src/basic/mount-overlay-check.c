/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/mount-util.h"
#include "basic/process-util.h"

/* Whether a file system can hold the upper directory of an overlay depends on the kernel, the file system,
 * its options and our privileges; the only good answer is to try, with what a pod does to its root:
 * creating, replacing a file and a directory of the lower layer (which needs whiteouts and opaque
 * directories). The mount is never attached anywhere: it goes with its last descriptor. */

#define CHECK_TIMEOUT_USEC (10 * USEC_PER_SEC)

/* What the child was at when it failed, in order. */
typedef enum Step {
        STEP_DONE,
        STEP_PREPARE,
        STEP_MOUNT,
        STEP_CREATE,
        STEP_WHITEOUT,
        STEP_OPAQUE,
} Step;

static const char *const step_text[] = {
        [STEP_PREPARE] = "cannot prepare directories",
        [STEP_MOUNT] = "cannot mount",
        [STEP_CREATE] = "cannot create a file",
        [STEP_WHITEOUT] = "cannot remove a file of a lower layer",
        [STEP_OPAQUE] = "cannot replace a directory of a lower layer",
};

typedef struct Outcome {
        Step step;
        int error;
} Outcome;

static int make_layers(void) {
        static const char *const dirs[] = { "lower", "lower/dir", "upper", "work" };

        for (size_t i = 0; i < ELEMENTSOF(dirs); i++)
                if (mkdir(dirs[i], 0700) < 0)
                        return -errno;
        return file_write_at(AT_FDCWD, "lower/file", "", 0, 0600, 0);
}

static int mount_detached(void) {
        static const char *const options[][2] = {
                { "lowerdir", "lower" }, { "upperdir", "upper" }, { "workdir", "work" },
        };

        _cleanup_close_ int fd = fsopen("overlay", FSOPEN_CLOEXEC);
        if (fd < 0)
                return -errno;
        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                if (fsconfig(fd, FSCONFIG_SET_STRING, options[i][0], options[i][1], 0) < 0)
                        return -errno;
        if (fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
                return -errno;

        int mount_fd = fsmount(fd, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV);
        return mount_fd < 0 ? -errno : mount_fd;
}

/* In the child, whose working directory is our own to fill. */
static Outcome try_overlay(int dir_fd) {
        int r = fchdir(dir_fd) < 0 ? -errno : make_layers();
        if (r < 0)
                return (Outcome) { STEP_PREPARE, r };

        _cleanup_close_ int mount_fd = mount_detached();
        if (mount_fd < 0)
                return (Outcome) { STEP_MOUNT, mount_fd };

        r = file_write_at(mount_fd, "new", "x", 1, 0600, 0);
        if (r < 0)
                return (Outcome) { STEP_CREATE, r };
        if (unlinkat(mount_fd, "file", 0) < 0)
                return (Outcome) { STEP_WHITEOUT, -errno };
        if (unlinkat(mount_fd, "dir", AT_REMOVEDIR) < 0 || mkdirat(mount_fd, "dir", 0700) < 0)
                return (Outcome) { STEP_OPAQUE, -errno };
        return (Outcome) { STEP_DONE, 0 };
}

static int try_in_child(int dir_fd, Outcome *ret) {
        int pipe_fds[2];
        if (pipe2(pipe_fds, O_CLOEXEC) < 0)
                return -errno;
        _cleanup_close_ int read_fd = pipe_fds[0], write_fd = pipe_fds[1];

        pid_t pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                Outcome outcome = try_overlay(dir_fd);
                _exit(fd_write_all(write_fd, &outcome, sizeof(outcome)) < 0);
        }

        write_fd = safe_close(write_fd);
        int r = process_wait(pid, CHECK_TIMEOUT_USEC, NULL);
        if (r < 0)
                process_kill_wait(pid);
        return r < 0 ? r : fd_read_exact(read_fd, ret, sizeof(*ret));
}

static int check_in(int dir_fd, const char *name, Outcome *ret) {
        if (mkdirat(dir_fd, name, 0700) < 0)
                return -errno;

        _cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int r = fd < 0 ? -errno : try_in_child(fd, ret);
        int k = rm_rf_at(dir_fd, name);
        return r < 0 ? r : k;
}

int overlay_is_supported(int dir_fd, Diag *diag) {
        uint64_t random;
        if (getrandom(&random, sizeof(random), 0) < 0)
                return -errno;

        _cleanup_free_ char *name = xasprintf(".overlay-check-%016llx", (unsigned long long) random);
        if (!name)
                return -ENOMEM;

        Outcome outcome;
        int r = check_in(dir_fd, name, &outcome);
        if (r < 0)
                return diag_errno(diag, r, "cannot check for overlay support");
        if (outcome.step == STEP_DONE)
                return 1;

        (void) diag_errno(diag, outcome.error, "overlay is not supported here: %s", step_text[outcome.step]);
        return 0;
}
