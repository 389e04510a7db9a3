/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "basic/lock.h"
#include "basic/process-util.h"
#include "basic/test.h"

/* The same file through open file descriptions of their own. */
static int open_again(const char *dir) {
        int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        CHECK(fd >= 0);
        return fd;
}

TEST(shared_and_exclusive) {
        _cleanup_free_ char *dir = test_tmpdir();
        _cleanup_close_ int a = open_again(dir), b = open_again(dir);

        CHECK_INT(lock_try(a, LOCK_SHARED), 0);
        CHECK_INT(lock_try(b, LOCK_SHARED), 0);
        CHECK_INT(lock_try(b, LOCK_EXCLUSIVE), -EWOULDBLOCK);
        CHECK_INT(lock_release(a), 0);
        CHECK_INT(lock_try(b, LOCK_EXCLUSIVE), 0);
        CHECK_INT(lock_try(a, LOCK_SHARED), -EWOULDBLOCK);
        b = safe_close(b);
        CHECK_INT(lock_wait(a, LOCK_EXCLUSIVE, USEC_INFINITY), 0);
        CHECK_INT(lock_try(-EBADF, LOCK_SHARED), -EBADF);
        CHECK_INT(lock_wait(-EBADF, LOCK_SHARED, 1), -EBADF);
}

TEST(time_out) {
        _cleanup_free_ char *dir = test_tmpdir();
        _cleanup_close_ int a = open_again(dir), b = open_again(dir);

        CHECK_INT(lock_try(a, LOCK_EXCLUSIVE), 0);
        usec_t begin = now_usec(CLOCK_MONOTONIC);
        CHECK_INT(lock_wait(b, LOCK_SHARED, 50 * USEC_PER_MSEC), -ETIMEDOUT);
        CHECK(now_usec(CLOCK_MONOTONIC) - begin >= 50 * USEC_PER_MSEC);
        CHECK_INT(lock_wait(b, LOCK_SHARED, 0), -ETIMEDOUT);

        /* Nobody holds it for us in the dark. */
        CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
        CHECK_INT(lock_release(a), 0);
        CHECK_INT(lock_try(a, LOCK_EXCLUSIVE), 0);
}

TEST(got_while_waiting) {
        _cleanup_free_ char *dir = test_tmpdir();
        _cleanup_close_ int a = open_again(dir), b = open_again(dir);

        CHECK_INT(lock_try(a, LOCK_EXCLUSIVE), 0);
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
                /* Holds on to the lock of a for a moment. */
                b = safe_close(b);
                struct timespec ts = { .tv_nsec = 30 * 1000 * 1000 };
                sigset_t none;
                sigemptyset(&none);
                (void) sigtimedwait(&none, NULL, &ts);
                _exit(0);
        }
        a = safe_close(a);
        CHECK_INT(lock_wait(b, LOCK_EXCLUSIVE, 20 * USEC_PER_SEC), 0);
        CHECK_INT(process_wait(pid, USEC_INFINITY, NULL), 0);

        /* It is ours, not the vanished helper's. */
        _cleanup_close_ int c = open_again(dir);
        CHECK_INT(lock_try(c, LOCK_SHARED), -EWOULDBLOCK);
        CHECK_INT(lock_release(b), 0);
        CHECK_INT(lock_try(c, LOCK_SHARED), 0);
}

DEFINE_TEST_MAIN()
