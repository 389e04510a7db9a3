/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>

#include "basic/fd-util.h"
#include "basic/process-util.h"
#include "basic/strv.h"
#include "conf/paths.h"
#include "image/download.h"

/* The helper gets three descriptors and a short environment. Of what it says, only the numbers decide
 * anything, and errno values only those in a list. */

#define BLAME_MSEC 200 /* after the body's reader failed, for the helper to say why */

struct Download {
        pid_t pid;
        int status_fd;
        StringBuf pending; /* read, not yet a whole line */
        char *etag;
        bool finished, failed;
};

typedef struct Passed {
        const char *name, *twin;
} Passed;

/* Environment for the helper: the first of each pair that is set. HTTP_PROXY is not read where a CGI
 * server may have made it from a request's "Proxy:" header. */
static const Passed passed[] = {
        { "https_proxy",   "HTTPS_PROXY" },
        { "http_proxy",    "HTTP_PROXY"  },
        { "no_proxy",      "NO_PROXY"    },
        { "SSL_CERT_FILE", NULL          },
        { "SSL_CERT_DIR",  NULL          },
};

static int make_environment(char ***ret) {
        _cleanup_strv_free_ char **env = NULL;
        int e;

        e = strv_extend(&env, "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
        if (e >= 0)
                e = strv_extend(&env, "LANG=C.UTF-8");
        for (size_t i = 0; e >= 0 && i < ELEMENTSOF(passed); i++) {
                const char *twin = passed[i].twin, *value = twin ? getenv(twin) : NULL;
                if (twin && streq(twin, "HTTP_PROXY") && getenv("REQUEST_METHOD"))
                        value = NULL;
                value = isempty(value) ? getenv(passed[i].name) : value;
                if (!isempty(value))
                        e = strv_extendf(&env, "%s=%s", passed[i].name, value);
        }
        if (e < 0)
                return e;
        *ret = TAKE_PTR(env);
        return 0;
}

static int spawn(int request_fd, int body_fd, int status_fd, pid_t *ret) {
        _cleanup_free_ char *helper = NULL, *number = NULL;
        _cleanup_strv_free_ char **env = NULL;
        _cleanup_close_ int null_fd = -EBADF;
        int e;

        e = paths_helper("rkt-download", &helper);
        if (e >= 0)
                e = make_environment(&env);
        if (e < 0)
                return e;
        null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (null_fd < 0)
                return -errno;
        number = xasprintf("%i", status_fd);
        if (!number)
                return -ENOMEM;
        return process_spawn(
                &(SpawnArgs) {
                        .path = helper,
                        .argv = (char *const[]) { (char *) "rkt-download", number, NULL },
                        .envp = env,
                        .stdin_fd = request_fd,
                        .stdout_fd = body_fd,
                        .stderr_fd = null_fd,
                        .keep_fds = &status_fd,
                        .n_keep_fds = 1,
                },
                ret);
}

int download_start(const DownloadRequest *r, int body_fd, Download **ret, Diag *diag) {
        _cleanup_(download_freep) Download *d = calloc(1, sizeof(Download));
        _cleanup_close_ int request_fd = -EBADF, write_fd = -EBADF;
        _cleanup_(string_buf_done) StringBuf request = {};
        int fds[2], e;

        if (!d)
                return -ENOMEM;
        d->status_fd = -EBADF;
        e = download_request_format(r, &request);
        if (e < 0)
                return e;
        request_fd = memfd_new_sealed("rkt-download-request", request.data, request.size);
        if (request_fd < 0)
                return diag_errno(diag, request_fd, "failed to make a memory file");
        if (pipe2(fds, O_CLOEXEC) < 0)
                return diag_errno(diag, -errno, "failed to make a pipe");
        d->status_fd = fds[0];
        write_fd = fds[1];
        e = spawn(request_fd, body_fd, write_fd, &d->pid);
        if (e < 0)
                return diag_errno(diag, e, "failed to start rkt-download");
        *ret = TAKE_PTR(d);
        return 0;
}

Download *download_free(Download *d) {
        if (!d)
                return NULL;
        if (d->pid > 0)
                process_kill_wait(d->pid);
        safe_close(d->status_fd);
        string_buf_done(&d->pending);
        free(d->etag);
        free(d);
        return NULL;
}

/* Moves the first pending line to ret; 0: there is none yet. */
static int take_line(Download *d, char **ret) {
        char *newline = d->pending.size > 0 ? memchr(d->pending.data, '\n', d->pending.size) : NULL;
        size_t used;

        if (!newline)
                return d->pending.size > DOWNLOAD_LINE_MAX ? -EBADMSG : 0;
        *ret = strndup(d->pending.data, (size_t) (newline - d->pending.data));
        if (!*ret)
                return -ENOMEM;
        used = (size_t) (newline - d->pending.data) + 1;
        memmove(d->pending.data, d->pending.data + used, d->pending.size - used + 1);
        d->pending.size -= used;
        return 1;
}

/* 1: an event, 0: the helper is gone, -ETIMEDOUT. */
static int next_event(Download *d, int timeout_msec, DownloadEvent *ret) {
        for (;;) {
                _cleanup_free_ char *line = NULL;
                struct pollfd p = { .fd = d->status_fd, .events = POLLIN };
                char buf[4096];
                ssize_t n;
                int e;

                e = take_line(d, &line);
                if (e < 0)
                        return e;
                if (e > 0)
                        return (e = download_event_parse(line, ret)) < 0 ? e : 1;
                e = poll(&p, 1, timeout_msec);
                if (e == 0)
                        return -ETIMEDOUT;
                n = e < 0 ? -1 : read(d->status_fd, buf, sizeof(buf));
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return 0;
                e = string_buf_append_n(&d->pending, buf, (size_t) n);
                if (e < 0)
                        return e;
        }
}

static int helper_error(Download *d, const DownloadEvent *event, Diag *diag) {
        static const int known[] = { ENOENT, EACCES,     EPROTO, EFBIG,          ETIMEDOUT,
                                     EPIPE,  ELOOP,      EIO,    EHOSTUNREACH,   ECONNREFUSED,
                                     EINVAL, ECONNRESET, ENOMEM, EPROTONOSUPPORT };

        d->finished = d->failed = true;
        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (event->a == (uint64_t) known[i])
                        return diag_set(diag, -known[i], "%s", event->text);
        return diag_set(diag, -EIO, "%s", event->text);
}

static int helper_died(Download *d, Diag *diag) {
        int code = 0;

        d->finished = d->failed = true;
        if (process_wait(d->pid, USEC_INFINITY, &code) >= 0)
                d->pid = 0;
        return diag_set(diag, -EIO, "the helper rkt-download ended without an answer (exit code %i)", code);
}

/* The next event that is neither an error nor the helper's end. */
static int expect_event(Download *d, DownloadEvent *ret, Diag *diag) {
        _cleanup_(download_event_done) DownloadEvent event = {};
        int e;

        e = next_event(d, -1, &event);
        if (e == 0)
                return helper_died(d, diag);
        if (e < 0)
                return diag_errno(diag, e, "failed to understand rkt-download");
        if (event.kind == DOWNLOAD_ERROR)
                return helper_error(d, &event, diag);
        d->finished = event.kind == DOWNLOAD_DONE;
        *ret = event;
        event = (DownloadEvent) {};
        return 0;
}

int download_wait_response(Download *d, DownloadResponse *ret, Diag *diag) {
        _cleanup_(download_event_done) DownloadEvent event = {};
        int e;

        e = expect_event(d, &event, diag);
        if (e < 0)
                return e;
        if (event.kind != DOWNLOAD_RESPONSE || (event.a != 200 && event.a != 202 && event.a != 304))
                return diag_set(diag, -EIO, "failed to understand rkt-download");
        if (etag_is_valid(event.text))
                d->etag = TAKE_PTR(event.text);
        *ret = (DownloadResponse) { .status = (unsigned) event.a, .max_age = event.b, .etag = d->etag };
        return 0;
}

/* What is left of the progress line is not written over, but ended. */
static void end_progress(const DownloadProgress *p, bool begun) {
        if (p && p->report && begun)
                p->report(UINT64_MAX, UINT64_MAX, p->userdata);
}

int download_wait(Download *d, const DownloadProgress *progress, uint64_t *ret_bytes, Diag *diag) {
        bool begun = false;

        for (;;) {
                _cleanup_(download_event_done) DownloadEvent event = {};
                int e;

                e = expect_event(d, &event, diag);
                if (e >= 0 && event.kind == DOWNLOAD_RESPONSE)
                        e = diag_set(diag, -EIO, "failed to understand rkt-download");
                if (e < 0) {
                        end_progress(progress, begun);
                        return e;
                }
                if (event.kind == DOWNLOAD_PROGRESS) {
                        begun = true;
                        if (progress && progress->report)
                                progress->report(event.a, event.b, progress->userdata);
                        continue;
                }
                if (progress && progress->report && event.a > 0)
                        progress->report(event.a, event.a, progress->userdata);
                *ret_bytes = event.a;
                return 0;
        }
}

int download_blame(Download *d, Diag *diag) {
        for (;;) {
                _cleanup_(download_event_done) DownloadEvent event = {};

                if (d->finished || next_event(d, BLAME_MSEC, &event) <= 0)
                        return 0;
                if (event.kind == DOWNLOAD_DONE)
                        return 0;
                /* EPIPE: it only noticed that its reader is gone. */
                if (event.kind == DOWNLOAD_ERROR)
                        return event.a == EPIPE ? 0 : helper_error(d, &event, diag);
        }
}
