/* SPDX-License-Identifier: Apache-2.0 */

#include <inttypes.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "cli/service-notify.h"

/* The datagram of sd_notify(3), written here because rkt's start is measured in milliseconds and loading
 * libsystemd for one sendto() takes three of them. */

static void notify(const char *state) {
        const char *path = getenv("NOTIFY_SOCKET");
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = -EBADF;

        if (isempty(path) || strlen(path) >= sizeof(sa.sun_path) || (path[0] != '/' && path[0] != '@'))
                return;

        memcpy(sa.sun_path, path, strlen(path));
        if (path[0] == '@')
                sa.sun_path[0] = 0;

        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd >= 0)
                (void) sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *) &sa,
                              (socklen_t) (offsetof(struct sockaddr_un, sun_path) + strlen(path)));
}

void service_notify_fetching(const char *pod_name, usec_t timeout_usec) {
        _cleanup_free_ char *state =
                xasprintf("EXTEND_TIMEOUT_USEC=%" PRIu64 "\nSTATUS=Fetching the images of pod %s…",
                          timeout_usec, pod_name);

        if (state)
                notify(state);
}

void service_notify_failure(const Diag *d, int error) {
        _cleanup_free_ char *line = diag_is_set(d) ? diag_format_line(d) : strdup(strerror(-error));
        _cleanup_free_ char *state = line ? xasprintf("STATUS=%s\nERRNO=%d", line, -error) : NULL;

        if (state)
                notify(state);
}
