/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "basic/fd-util.h"
#include "basic/process-util.h"
#include "conf/paths.h"
#include "image/gpg.h"

#define OUTPUT_MAX (1024U * 1024)
#define GPG_CODE_MAX 2 /* GnuPG's own exit codes end here; beyond it could not be run */

typedef struct Run {
        char *const *argv;
        int stdin_fd, stdout_fd; /* -EBADF: /dev/null */
        const int *keep_fds;
        size_t n_keep_fds;
} Run;

static int start(const Run *r, pid_t *ret) {
        _cleanup_close_ int null_fd = -EBADF;
        _cleanup_free_ char *helper = NULL;
        int e;

        e = paths_helper("rkt-gpg", &helper);
        if (e < 0)
                return e;
        null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (null_fd < 0)
                return -errno;
        return process_spawn(
                &(SpawnArgs) {
                        .path = helper,
                        .argv = r->argv,
                        .envp = (char *const[]) { (char *) "PATH=/usr/bin:/bin", (char *) "LC_ALL=C", NULL },
                        .stdin_fd = r->stdin_fd,
                        .stdout_fd = r->stdout_fd,
                        .stderr_fd = null_fd,
                        .keep_fds = r->keep_fds,
                        .n_keep_fds = r->n_keep_fds,
                },
                ret);
}

/* Reads the pipe to its end, then reaps. Takes write_fd. */
static int run(const Run *r, int read_fd, int *write_fd, StringBuf *ret, Diag *diag) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        pid_t pid;
        int e, code;

        e = start(r, &pid);
        *write_fd = safe_close(*write_fd);
        if (e < 0)
                return diag_errno(diag, e, "failed to start rkt-gpg");
        e = fd_read_all(read_fd, OUTPUT_MAX, &text, &size);
        if (e < 0) {
                process_kill_wait(pid);
                return diag_errno(diag, e, "failed to hear from GnuPG");
        }
        e = process_wait(pid, USEC_INFINITY, &code);
        if (e < 0)
                return diag_errno(diag, e, "failed to wait for GnuPG");
        if (code > GPG_CODE_MAX) {
                e = diag_set(diag, -EIO, "GnuPG failed to run (exit code %i)", code);
                return diag_hint(diag, e, "rkt needs the programs gpg and gpgv");
        }
        return string_buf_append_n(ret, text, size);
}

int gpg_verify(int keyring_fd, int signature_fd, int data_fd, StringBuf *ret, Diag *diag) {
        _cleanup_free_ char *keyring = NULL, *signature = NULL, *status = NULL;
        _cleanup_close_ int read_fd = -EBADF, write_fd = -EBADF;
        int fds[2];

        if (lseek(data_fd, 0, SEEK_SET) < 0)
                return diag_errno(diag, -errno, "failed to rewind the signed data");
        if (pipe2(fds, O_CLOEXEC) < 0)
                return diag_errno(diag, -errno, "failed to make a pipe");
        read_fd = fds[0];
        write_fd = fds[1];
        keyring = xasprintf("%i", keyring_fd);
        signature = xasprintf("%i", signature_fd);
        status = xasprintf("%i", write_fd);
        if (!keyring || !signature || !status)
                return -ENOMEM;
        return run(
                &(Run){
                        .argv = (char *const[]){ (char *) "rkt-gpg", (char *) "verify", keyring, signature,
                                                 status, NULL },
                        .stdin_fd = data_fd,
                        .stdout_fd = -EBADF,
                        .keep_fds = (int[]){ keyring_fd, signature_fd, write_fd },
                        .n_keep_fds = 3,
                },
                read_fd, &write_fd, ret, diag);
}

int gpg_show_keys(const void *key, size_t size, StringBuf *ret, Diag *diag) {
        _cleanup_close_ int read_fd = -EBADF, write_fd = -EBADF, key_fd = -EBADF;
        int fds[2];

        key_fd = memfd_new_sealed("rkt-key", key, size);
        if (key_fd < 0)
                return diag_errno(diag, key_fd, "failed to make a memory file");
        if (pipe2(fds, O_CLOEXEC) < 0)
                return diag_errno(diag, -errno, "failed to make a pipe");
        read_fd = fds[0];
        write_fd = fds[1];
        return run(
                &(Run) {
                        .argv = (char *const[]) { (char *) "rkt-gpg", (char *) "show-keys", NULL },
                        .stdin_fd = key_fd,
                        .stdout_fd = write_fd,
                },
                read_fd, &write_fd, ret, diag);
}
