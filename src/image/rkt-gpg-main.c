/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "basic/fs-util.h"
#include "basic/parse-util.h"
#include "basic/process-util.h"
#include "basic/strv.h"
#include "image/confine.h"
#include "layout/exit-code.h"

/* Runs GnuPG over foreign bytes with no more than it takes: user rkt-fetch (or nobody), no capabilities,
 * no sockets, nothing to write, no home directory and so no configuration.
 *
 *     rkt-gpg verify KEYRING-FD SIGNATURE-FD STATUS-FD    gpgv: a detached signature over stdin
 *     rkt-gpg show-keys                                   gpg: what is in the key on stdin, as colon records
 *
 * The descriptors are inherited; gpgv opens the first two anew by their names in /proc/self/fd. */

#define HOME_FILE_MAX (1024U * 1024)

typedef struct Mode {
        const char *name;
        int n_args;
        int (*run)(char **args);
} Mode;

static int fd_path(const char *number, char **ret) {
        uint32_t fd;

        if (parse_u32(number, &fd) < 0 || fcntl((int) fd, F_GETFD) < 0)
                return -EBADF;
        *ret = strjoin("/proc/self/fd/", number, NULL);
        return *ret ? 0 : -ENOMEM;
}

static int run_confined(const Confine *c, const char *program, const char *const *argv) {
        const char *const env[] = { "PATH=/usr/bin:/bin", "LC_ALL=C", NULL };
        int e;

        e = confine_process(c, /* diag= */ NULL);
        if (e < 0)
                return e;
        (void) execve(program, (char *const *) argv, (char *const *) env);
        return -errno;
}

static int run_verify(char **args) {
        _cleanup_free_ char *keyring = NULL, *signature = NULL;
        int e;

        e = fd_path(args[0], &keyring);
        if (e >= 0)
                e = fd_path(args[1], &signature);
        if (e < 0)
                return e;
        return run_confined(&(Confine) { .exec = true }, GPGV_PATH,
                            (const char *const[]) { "gpgv", "--homedir", "/nonexistent", "--keyring", keyring,
                                                    "--status-fd", args[2], "--", signature, "-", NULL });
}

static int run_gpg_in(const char *home) {
        return run_confined(
                &(Confine){ .exec = true, .writable = home, .max_file_bytes = HOME_FILE_MAX }, GPG_PATH,
                (const char *const[]){ "gpg", "--homedir", home, "--no-options", "--batch", "--no-keyring",
                                       "--no-auto-check-trustdb", "--lock-never",
                                       "--with-colons", "--fixed-list-mode", "--show-keys", NULL });
}

/* A process for gpg; the one that stays removes what gpg leaves in its home. */
static int run_gpg_apart(const char *home) {
        pid_t pid = fork();
        int e, code;

        if (pid < 0)
                return -errno;
        if (pid == 0) {
                (void) run_gpg_in(home);
                _exit(EXIT_RKT_FAILURE);
        }
        e = process_wait(pid, USEC_INFINITY, &code);
        return e < 0 ? e : code;
}

/* gpg wants a home: to tell of a revoked or expired key it makes a trust database, and without one it
 * gives up. */
static int run_show_keys(char **args) {
        char home[] = P_tmpdir "/rkt-gpg.XXXXXX";
        uid_t uid;
        gid_t gid;
        int e;

        confine_identity(&uid, &gid);
        if (!mkdtemp(home))
                return -errno;
        e = chown(home, uid, gid) < 0 ? -errno : run_gpg_apart(home);
        (void) rm_rf_at(AT_FDCWD, home);
        return e;
}

static const Mode modes[] = {
        { "verify",    3, run_verify    },
        { "show-keys", 0, run_show_keys },
};

int main(int argc, char **argv) {
        int e = -EINVAL;

        process_init();
        for (size_t i = 0; argc >= 2 && i < ELEMENTSOF(modes); i++)
                if (streq(argv[1], modes[i].name) && argc == 2 + modes[i].n_args)
                        e = modes[i].run(argv + 2);
        return e < 0 ? EXIT_RKT_FAILURE : e;
}
