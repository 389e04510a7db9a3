/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

#include "basic/log.h"
#include "basic/process-util.h"
#include "layout/exit-code.h"
#include "layout/stage1.h"
#include "stage1/pod-process.h"

/* Entrypoint "stop": executed by stage0 in the pod's directory, on the host. SIGTERM makes systemd-nspawn
 * tell the pod's systemd to end in order. By force both are killed, systemd-nspawn first: so the process
 * that was "rkt run" dies of a signal, and has no time to call it an orderly end. */

static int send_signal(int pidfd, int signal) {
        return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

static int stop(int argc, char **argv, Diag *diag) {
        _cleanup_(stage1_uuid_args_done) Stage1UuidArgs args = {};
        _cleanup_close_ int pod_fd = -EBADF, process = -EBADF, init = -EBADF;
        pid_t pid, init_pid;
        int r;

        r = stage1_uuid_args_parse(argc, argv, &args, diag);
        if (r < 0)
                return r;
        log_setup("stop", args.debug);

        pod_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (pod_fd < 0)
                return diag_errno(diag, -errno, "cannot open the pod's directory");
        process = pod_process_open(pod_fd, &pid, diag);
        if (process < 0)
                return process;

        /* While it is being started there may be no single child yet; systemd-nspawn's children die with
         * it. */
        if (args.force && process_single_child(pid, &init_pid) >= 0)
                init = pidfd_open_process(init_pid);
        r = send_signal(process, args.force ? SIGKILL : SIGTERM);
        if (r < 0 && r != -ESRCH)
                return diag_errno(diag, r, "cannot signal process %d", (int) pid);
        if (init >= 0)
                (void) send_signal(init, SIGKILL);
        return 0;
}

int main(int argc, char **argv) {
        _cleanup_diag_ Diag diag = {};
        int r;

        process_init();
        log_setup("stop", false);
        r = stop(argc, argv, &diag);
        if (r < 0)
                log_diag(&diag, r);
        return r < 0 ? EXIT_RKT_FAILURE : EXIT_RKT_OK;
}
