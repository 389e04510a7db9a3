/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "basic/fd-util.h"
#include "basic/process-util.h"
#include "conf/paths.h"
#include "image/import-helper.h"

/* The helper's errors come as its words under ours. What they may be is a closed list: an errno that a
 * caller acts upon (the cli prints, fetch maps) must not be the helper's to choose freely. */

static const int known_errors[] = {
        -EBADMSG, -EDQUOT, -EFBIG,      -EIO,   -EMFILE, -ENAMETOOLONG,
        -ENOMEM,  -ENOSPC, -EOPNOTSUPP, -EPERM, -EROFS,
};

static int spawn(const ImportArgs *a, pid_t *ret, Diag *diag) {
        _cleanup_free_ char *path = NULL;
        _cleanup_strv_free_ char **argv = NULL;
        const int fds[] = { a->dir_fd, a->source_fd, a->output_fd, a->status_fd };
        int keep[ELEMENTSOF(fds)];
        size_t n = 0;
        int r;

        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                if (fds[i] >= 0)
                        keep[n++] = fds[i];

        r = paths_helper(IMPORT_HELPER, &path);
        if (r < 0)
                return r;

        r = import_args_format(a, &argv);
        if (r < 0)
                return r;

        r = process_spawn(&(SpawnArgs) {
                                  .path = path,
                                  .argv = argv,
                                  .stdin_fd = -EBADF,
                                  .stdout_fd = -EBADF,
                                  .stderr_fd = -EBADF,
                                  .keep_fds = keep,
                                  .n_keep_fds = n,
                          }, ret);
        if (r < 0)
                return diag_errno(diag, r, "cannot execute \"%s\"", path);

        return 0;
}

int import_helper_start(const ImportArgs *a, ImportHelper *ret, Diag *diag) {
        _cleanup_close_ int read_fd = -EBADF, write_fd = -EBADF;
        ImportArgs args = *a;
        int fds[2], r;
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return diag_errno(diag, -errno, "cannot make a pipe");
        read_fd = fds[0];
        write_fd = fds[1];

        args.status_fd = write_fd;
        r = spawn(&args, &pid, diag);
        if (r < 0)
                return r;

        *ret = (ImportHelper) { .pid = pid, .status_fd = TAKE_FD(read_fd) };
        return 0;
}

static int take_error(const ImportMessage *m, Diag *diag) {
        _cleanup_free_ char *text = NULL;
        int32_t error;

        memcpy(&error, m->data, sizeof(error));
        text = string_escape(m->data + offsetof(ImportError, text));
        if (!text)
                return -ENOMEM;

        for (size_t i = 0; i < ELEMENTSOF(known_errors); i++)
                if (known_errors[i] == error)
                        return diag_set(diag, error, "%s", text);

        return diag_set(diag, -EIO, "%s", text);
}

static int take_manifest(ImportHelper *h, ImportMessage *m, Diag *diag) {
        if (h->manifest)
                return diag_set(diag, -EIO, IMPORT_HELPER " sent a second manifest");

        h->manifest = TAKE_PTR(m->data);
        h->manifest_size = m->size;
        return 0;
}

static int take_warning(ImportHelper *h, const ImportMessage *m) {
        if (strv_length(h->warnings) >= IMPORT_WARNINGS_MAX)
                return 0;

        return strv_consume(&h->warnings, string_escape(m->data));
}

static int take_result(ImportHelper *h, const ImportMessage *m) {
        memcpy(&h->result, m->data, sizeof(h->result));
        h->result.digest[IMPORT_HEX_MAX - 1] = 0;
        h->result.checksum[IMPORT_HEX_MAX - 1] = 0;
        h->has_result = true;
        return 0;
}

/* It is gone without having said why: killed, or it could not even start. */
static int died(ImportHelper *h, Diag *diag) {
        int code = 0, r;

        r = process_wait(h->pid, USEC_INFINITY, &code);
        h->pid = 0;
        if (r < 0)
                return diag_errno(diag, r, "cannot wait for " IMPORT_HELPER);
        if (code > 128)
                return diag_set(diag, -EIO, IMPORT_HELPER " was killed by signal %d", code - 128);

        return diag_set(diag, -EIO, IMPORT_HELPER " failed with exit code %d", code);
}

static int step(ImportHelper *h, Diag *diag) {
        _cleanup_(import_message_done) ImportMessage m = {};
        int r;

        if (h->pid == 0)
                return diag_set(diag, -EIO, IMPORT_HELPER " has ended");

        r = import_message_receive(h->status_fd, &m);
        if (r == -EPIPE)
                return died(h, diag);
        if (r < 0)
                return diag_errno(diag, r, "cannot understand " IMPORT_HELPER);

        switch (m.type) {
        case IMPORT_MESSAGE_MANIFEST:
                return take_manifest(h, &m, diag);
        case IMPORT_MESSAGE_WARNING:
                return take_warning(h, &m);
        case IMPORT_MESSAGE_ERROR:
                return take_error(&m, diag);
        case IMPORT_MESSAGE_RESULT:
                return take_result(h, &m);
        }

        return -EBADMSG;
}

int import_helper_wait_manifest(ImportHelper *h, Diag *diag) {
        int r;

        while (!h->manifest) {
                if (h->has_result)
                        return diag_set(diag, -EBADMSG, "the image has no manifest");

                r = step(h, diag);
                if (r < 0)
                        return r;
        }

        return 0;
}

int import_helper_wait(ImportHelper *h, Diag *diag) {
        int code = 0, r;

        while (!h->has_result) {
                r = step(h, diag);
                if (r < 0)
                        return r;
        }

        if (h->pid == 0)
                return 0;

        /* Only now is nobody left who could change what it has made. */
        r = process_wait(h->pid, USEC_INFINITY, &code);
        h->pid = 0;
        if (r < 0)
                return diag_errno(diag, r, "cannot wait for " IMPORT_HELPER);

        return code == 0 ? 0 : diag_set(diag, -EIO, IMPORT_HELPER " failed with exit code %d", code);
}

void import_helper_done(ImportHelper *h) {
        if (!h)
                return;

        if (h->pid > 0)
                process_kill_wait(h->pid);

        safe_close(h->status_fd);
        free(h->manifest);
        strv_free(h->warnings);
        *h = (ImportHelper) IMPORT_HELPER_NULL;
}
