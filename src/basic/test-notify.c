/* SPDX-License-Identifier: Apache-2.0 */

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "basic/notify.h"
#include "basic/test.h"

static int listen_at(const struct sockaddr_un *sa, size_t n) {
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        CHECK(fd >= 0);
        CHECK_INT(bind(fd, (const struct sockaddr *) sa,
                       (socklen_t) (offsetof(struct sockaddr_un, sun_path) + n)),
                  0);
        return fd;
}

static void check_received(int fd, const char *expected) {
        char buffer[64] = {};
        ssize_t n = recv(fd, buffer, sizeof(buffer) - 1, 0);

        CHECK_INT(n, strlen(expected));
        CHECK_STR(buffer, expected);
}

TEST(nobody_listens) {
        unsetenv("NOTIFY_SOCKET");
        CHECK_INT(notify_send("STATUS=x"), 0);
        setenv("NOTIFY_SOCKET", "", 1);
        CHECK_INT(notify_send("STATUS=x"), 0);
}

TEST(no_address) {
        char longer[200] = "/";

        setenv("NOTIFY_SOCKET", "relative", 1);
        CHECK_INT(notify_send("STATUS=x"), -EINVAL);
        memset(longer, '/', sizeof(longer) - 1);
        setenv("NOTIFY_SOCKET", longer, 1);
        CHECK_INT(notify_send("STATUS=x"), -EINVAL);
        setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
        CHECK_INT(notify_send("STATUS=x"), -ENOENT);
}

TEST(path) {
        _cleanup_free_ char *dir = test_tmpdir(), *path = xasprintf("%s/notify", dir);
        struct sockaddr_un sa = { .sun_family = AF_UNIX };

        CHECK(strlen(path) < sizeof(sa.sun_path));
        memcpy(sa.sun_path, path, strlen(path));
        _cleanup_close_ int fd = listen_at(&sa, strlen(path) + 1);
        setenv("NOTIFY_SOCKET", path, 1);
        CHECK_INT(notify_send("STATUS=a\nERRNO=2"), 0);
        check_received(fd, "STATUS=a\nERRNO=2");
}

TEST(abstract) {
        _cleanup_free_ char *name = xasprintf("@rkt-test-notify-%d", (int) getpid());
        struct sockaddr_un sa = { .sun_family = AF_UNIX };

        memcpy(sa.sun_path + 1, name + 1, strlen(name) - 1);
        _cleanup_close_ int fd = listen_at(&sa, strlen(name));
        setenv("NOTIFY_SOCKET", name, 1);
        CHECK_INT(notify_send("READY=1"), 0);
        check_received(fd, "READY=1");
}

TEST(barrier) {
        _cleanup_free_ char *name = xasprintf("@rkt-test-barrier-%d", (int) getpid());
        struct sockaddr_un sa = { .sun_family = AF_UNIX };

        unsetenv("NOTIFY_SOCKET");
        CHECK_INT(notify_barrier(0), 0);

        memcpy(sa.sun_path + 1, name + 1, strlen(name) - 1);
        int fd = listen_at(&sa, strlen(name));
        setenv("NOTIFY_SOCKET", name, 1);
        CHECK_INT(notify_barrier(10 * USEC_PER_MSEC), -ETIMEDOUT);
        check_received(fd, "BARRIER=1"); /* without room for the fd: the kernel closes it */

        /* Whoever takes the message (here: drops it) lets the sender go on. */
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0)
                _exit(notify_barrier(60 * USEC_PER_SEC) == 0 ? 0 : 1);
        struct pollfd p = { .fd = fd, .events = POLLIN };
        CHECK_INT(poll(&p, 1, 60000), 1);
        check_received(fd, "BARRIER=1");
        int status;
        CHECK_INT(waitpid(pid, &status, 0), pid);
        CHECK_INT(status, 0);
        safe_close(fd);
}

DEFINE_TEST_MAIN()
