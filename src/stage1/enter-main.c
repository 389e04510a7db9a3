/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "basic/fs-util.h"
#include "basic/log.h"
#include "basic/process-util.h"
#include "layout/exit-code.h"
#include "layout/pods.h"
#include "layout/stage1.h"
#include "stage1/enter-child.h"
#include "stage1/pod-process.h"

/* Entrypoint "enter": executed by stage0 in the pod's directory, on the host, as root. Everything that is
 * needed is opened here; a forked child goes into the app (stage1/enter-child), and this process stays
 * outside: it relays the terminal and passes on the exit code.
 *
 * A file in the app can begin with "#!/proc/self/exe". Who executes it executes this program inside, and
 * through /proc could then write to its file, which is the host's. So the program runs from a sealed copy
 * in memory. */

#define PROGRAM_MAX (64U * 1024U * 1024U)
#define EXIT_POD_GONE 1 /* the pod ended under the command */

static int run_from_sealed_copy(char **argv) {
        _cleanup_close_ int self = -EBADF, copy = -EBADF;
        _cleanup_free_ char *program = NULL;
        size_t size;
        int r;

        self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        if (self < 0)
                return -errno;
        r = fcntl(self, F_GET_SEALS);
        if (r >= 0 && (r & F_SEAL_WRITE))
                return 0;

        r = fd_read_all(self, PROGRAM_MAX, &program, &size);
        if (r < 0)
                return r;
        copy = memfd_new_sealed("enter", program, size);
        if (copy < 0)
                return copy;
        (void) syscall(SYS_execveat, copy, "", argv, environ, AT_EMPTY_PATH);
        return -errno;
}

static bool has_ended(int pidfd) {
        struct pollfd p = { .fd = pidfd, .events = POLLIN };

        return poll(&p, 1, 0) != 0;
}

/* The pid that stage0 gives must be the child of the process that runs this pod. */
static int open_init(int pod_fd, pid_t init_pid, Diag *diag) {
        _cleanup_close_ int parent = -EBADF, init = -EBADF;
        pid_t pid, child;

        init = pidfd_open_process(init_pid);
        parent = pod_process_open(pod_fd, &pid, diag);
        if (parent < 0)
                return parent;
        if (init < 0 || process_single_child(pid, &child) < 0 || child != init_pid || has_ended(init))
                return diag_set(diag, -ESRCH, "process %d is not that of the pod", (int) init_pid);
        return TAKE_FD(init);
}

static int open_app(int pod_fd, const Stage1EnterArgs *args, Enter *e, Diag *diag) {
        _cleanup_close_ int stage1_fd = -EBADF;
        int r;

        if (!args->app_name)
                return diag_set(diag, -EINVAL, "argument \"--appname\" is missing");
        stage1_fd = openat(pod_fd, POD_STAGE1_ROOTFS, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (stage1_fd < 0)
                return diag_errno(diag, -errno, "cannot open stage1's root");
        r = enter_notes_read(stage1_fd, args->app_name, &e->notes, diag);
        if (r >= 0)
                r = app_process_find((pid_t) args->pid, args->app_name, &e->app, diag);
        if (r >= 0)
                r = enter_open(e, diag);
        if (r < 0)
                return r;

        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                if (isatty(fd))
                        return enter_pty_open(e->root, fd, &e->pty, diag);
        return 0;
}

_noreturn_ static void run_child(const Enter *e, char *const *command) {
        _cleanup_diag_ Diag diag = {};
        int r;

        r = enter_child_run(e, command, &diag);
        log_diag(&diag, r);
        _exit(EXIT_RKT_FAILURE);
}

static int pass_on(int status, int init) {
        if (WIFEXITED(status))
                return WEXITSTATUS(status);
        return WTERMSIG(status) == SIGKILL && has_ended(init) ? EXIT_POD_GONE : 128 + WTERMSIG(status);
}

/* The child is one of the pod's PID namespace, so this process sees it by another number than it has
 * itself. */
static int run_command(Enter *e, char *const *command, int init, Diag *diag) {
        _cleanup_close_ int pidfd = -EBADF;
        pid_t pid;
        int status, r;

        if (setns(e->pid_namespace, CLONE_NEWPID) < 0)
                return diag_errno(diag, -errno, "cannot enter the pod's PID namespace");
        pid = fork();
        if (pid < 0)
                return diag_errno(diag, -errno, "cannot fork");
        if (pid == 0)
                run_child(e, command);

        pidfd = pidfd_open_process(pid);
        e->pty.slave = safe_close(e->pty.slave);
        r = pidfd < 0 ? pidfd : enter_wait(pid, pidfd, e->pty.master, &status);
        if (r < 0)
                return diag_errno(diag, r, "cannot wait for the command");
        return pass_on(status, init);
}

static int enter(int argc, char **argv, Diag *diag) {
        _cleanup_(stage1_enter_args_done) Stage1EnterArgs args = {};
        _cleanup_(enter_done) Enter e = ENTER_NULL;
        _cleanup_close_ int pod_fd = -EBADF, init = -EBADF;
        int r;

        r = stage1_enter_args_parse(argc, argv, &args, diag);
        if (r < 0)
                return r;
        pod_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (pod_fd < 0)
                return diag_errno(diag, -errno, "cannot open the pod's directory");
        init = open_init(pod_fd, (pid_t) args.pid, diag);
        if (init < 0)
                return init;
        r = open_app(pod_fd, &args, &e, diag);
        return r < 0 ? r : run_command(&e, args.command, init, diag);
}

int main(int argc, char **argv) {
        _cleanup_diag_ Diag diag = {};
        int r;

        process_init();
        log_setup("enter", false);
        r = run_from_sealed_copy(argv);
        if (r < 0)
                return log_error_errno(r, "cannot execute a copy of this program") < 0 ? EXIT_RKT_FAILURE : 0;
        if (prctl(PR_SET_DUMPABLE, 0) < 0)
                return EXIT_RKT_FAILURE;

        r = enter(argc, argv, &diag);
        if (r < 0) {
                log_diag(&diag, r);
                return EXIT_RKT_FAILURE;
        }
        return r;
}
