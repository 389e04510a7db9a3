/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "basic/fd-util.h"
#include "basic/parse-util.h"
#include "basic/process-util.h"
#include "image/confine.h"
#include "image/download-http.h"
#include "layout/exit-code.h"

/* rkt-download STATUS-FD: the part of rkt that talks to the network. Runs as user rkt-fetch (or nobody)
 * without capabilities, can't write any file, and has: the request on stdin, where the body goes on
 * stdout, where the status goes on STATUS-FD. See image/download-protocol.h. */

#define REQUEST_MAX (64U * 1024)
#define BUNDLE_MAX (16U * 1024 * 1024)

static int send_event(int fd, const DownloadEvent *event) {
        _cleanup_(string_buf_done) StringBuf line = {};
        struct pollfd p = { .fd = fd, .events = POLLOUT };
        int e;

        /* rkt may be busy with the body: progress is then left out, the rest waits. */
        if (event->kind == DOWNLOAD_PROGRESS && poll(&p, 1, 0) == 0)
                return 0;
        e = download_event_format(event, &line);
        return e < 0 ? e : fd_write_all(fd, line.data, line.size);
}

static int on_event(const DownloadEvent *event, void *userdata) {
        return send_event(*(int *) userdata, event);
}

static int report(int status_fd, int error, const Diag *diag) {
        _cleanup_free_ char *text = diag_is_set(diag) ? diag_format_line(diag) : strdup(strerror(-error));

        return send_event(status_fd,
                          &(DownloadEvent){ .kind = DOWNLOAD_ERROR, .a = (uint64_t) -error, .text = text });
}

/* Where programs in C and Go look for certificate authorities. The file is read while that is still
 * possible. */
static int read_trust(HttpTrust *ret, Diag *diag) {
        const char *file = getenv("SSL_CERT_FILE"), *directory = getenv("SSL_CERT_DIR");
        _cleanup_close_ int fd = -EBADF;
        int e;

        ret->directory = isempty(directory) ? NULL : directory;
        if (isempty(file))
                return 0;
        fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return diag_errno(diag, -errno, "failed to open $SSL_CERT_FILE \"%s\"", file);
        e = fd_read_all(fd, BUNDLE_MAX, &ret->bundle, &ret->bundle_size);
        return e < 0 ? diag_errno(diag, e, "failed to read $SSL_CERT_FILE \"%s\"", file) : 0;
}

static int read_request(DownloadRequest *ret, Diag *diag) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        int e;

        e = fd_read_all(STDIN_FILENO, REQUEST_MAX, &text, &size);
        if (e >= 0)
                e = download_request_parse(text, size, ret);
        return e < 0 ? diag_errno(diag, e, "failed to read the request") : 0;
}

static int run(int status_fd, Diag *diag) {
        _cleanup_(download_request_done) DownloadRequest request = {};
        HttpTrust trust = {};
        _cleanup_free_ char *bundle = NULL;
        int e;

        e = read_request(&request, diag);
        if (e >= 0)
                e = read_trust(&trust, diag);
        bundle = trust.bundle;
        if (e >= 0)
                e = http_setup(diag);
        if (e < 0)
                return e;
        e = confine_process(
                &(Confine) {
                        .network = true,
                        .readable = (const char *const[]) { trust.directory, NULL },
                        .max_file_bytes = request.max_bytes,
                },
                diag);
        if (e < 0)
                return e;
        return http_download(&request, &(HttpSink) { &trust, STDOUT_FILENO, on_event, &status_fd }, diag);
}

int main(int argc, char **argv) {
        _cleanup_diag_ Diag diag = {};
        uint32_t status_fd;
        int e;

        process_init();
        if (argc != 2 || parse_u32(argv[1], &status_fd) < 0 || fcntl((int) status_fd, F_GETFD) < 0)
                return EXIT_RKT_FAILURE;
        e = run((int) status_fd, &diag);
        if (e < 0)
                (void) report((int) status_fd, e, &diag);
        return e < 0 ? EXIT_RKT_FAILURE : EXIT_RKT_OK;
}
