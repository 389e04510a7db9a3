/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "basic/notify.h"
#include "basic/string-util.h"

/* 1 and a connected socket, or 0 if nobody listens. An address is a path or, after "@", an abstract name: its
 * length counts, no NUL ends it. */
static int connect_manager(int *ret_fd) {
        const char *path = getenv("NOTIFY_SOCKET");
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = -EBADF;
        size_t n;

        if (isempty(path))
                return 0;
        n = strlen(path);
        if (n >= sizeof(sa.sun_path) || (path[0] != '/' && path[0] != '@'))
                return -EINVAL;

        memcpy(sa.sun_path, path, n);
        if (path[0] == '@')
                sa.sun_path[0] = '\0';

        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        n += offsetof(struct sockaddr_un, sun_path);
        if (connect(fd, (struct sockaddr *) &sa, (socklen_t) n) < 0)
                return -errno;

        *ret_fd = TAKE_FD(fd);
        return 1;
}

int notify_send(const char *state) {
        _cleanup_close_ int fd = -EBADF;

        int r = connect_manager(&fd);
        if (r <= 0)
                return r;

        return send(fd, state, strlen(state), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Sends the write end of a pipe along: it is closed when the message is done with. */
static int send_barrier(int fd, int pipe_fd) {
        static char text[] = "BARRIER=1";
        struct iovec iov = { .iov_base = text, .iov_len = sizeof(text) - 1 };
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int))];
        } control = {};
        struct msghdr m = {
                .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control),
        };
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);

        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &pipe_fd, sizeof(int));

        return sendmsg(fd, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int notify_barrier(usec_t timeout) {
        _cleanup_close_ int fd = -EBADF, read_fd = -EBADF, write_fd = -EBADF;
        int fds[2];

        int r = connect_manager(&fd);
        if (r <= 0)
                return r;
        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        read_fd = fds[0];
        write_fd = fds[1];

        r = send_barrier(fd, write_fd);
        if (r < 0)
                return r;
        write_fd = safe_close(write_fd);

        struct pollfd p = { .fd = read_fd };
        r = poll(&p, 1, (int) (timeout / USEC_PER_MSEC));
        if (r < 0)
                return -errno;
        return r == 0 ? -ETIMEDOUT : 0;
}
