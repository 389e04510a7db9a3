/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "basic/fs-util.h"
#include "basic/test.h"
#include "stage1/leftovers.h"

/* A process whose root is a directory of the pod, and which says so before it waits for its end. */
static pid_t start_rooted(const char *root) {
        int fds[2];
        char c;

        CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
                if (chroot(root) < 0 || write(fds[1], "x", 1) != 1)
                        _exit(1);
                for (;;)
                        pause();
        }
        (void) close(fds[1]);
        CHECK_INT(read(fds[0], &c, 1), 1);
        (void) close(fds[0]);
        return pid;
}

static char *make_pod(int *ret_fd) {
        char *dir = test_tmpdir();

        *ret_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        CHECK(*ret_fd >= 0);
        CHECK_INT(mkdir_p_at(*ret_fd, "stage1/rootfs/opt", 0755), 0);
        return dir;
}

TEST(kills_what_has_the_root) {
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *dir = make_pod(&fd);
        _cleanup_free_ char *rootfs = strjoin(dir, "/stage1/rootfs", NULL),
                            *other = strjoin(rootfs, "/opt", NULL);
        _cleanup_diag_ Diag diag = {};
        size_t killed = 99;
        int status;

        if (geteuid() != 0) {
                printf("# SKIP: chroot(2) needs root\n");
                return;
        }

        pid_t theirs = start_rooted(rootfs), not_theirs = start_rooted(other);
        CHECK_INT(leftovers_kill(fd, &killed, &diag), 0);
        CHECK_INT(killed, 1);
        CHECK_INT(waitpid(theirs, &status, 0), theirs);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        CHECK_INT(waitpid(not_theirs, &status, WNOHANG), 0);

        CHECK_INT(leftovers_kill(fd, &killed, &diag), 0);
        CHECK_INT(killed, 0);
        CHECK_INT(kill(not_theirs, SIGKILL), 0);
        CHECK_INT(waitpid(not_theirs, &status, 0), not_theirs);
}

TEST(nothing_there) {
        _cleanup_free_ char *dir = test_tmpdir();
        _cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        size_t killed = 99;

        CHECK_INT(leftovers_kill(fd, &killed, NULL), 0);
        CHECK_INT(killed, 0);
}

DEFINE_TEST_MAIN()
