/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "basic/fs-util.h"
#include "basic/parse-util.h"
#include "basic/process-util.h"
#include "basic/time-util.h"
#include "layout/pods.h"
#include "stage1/leftovers.h"

/* The root directory tells whose process it is, and nothing else does reliably: pids are used again, and so
 * is the cgroup of a service. It is looked at once more through a pidfd's process, so that no pid that was
 * used again meanwhile is killed. */

#define MACHINES_RUN_DIR "/run/systemd/machines"
#define MACHINE_FILE_MAX 65536U
#define MACHINECTL "/usr/bin/machinectl"
#define BUSCTL "/usr/bin/busctl"
#define KILL_TIMEOUT_USEC (10 * USEC_PER_SEC)

typedef struct Leftovers {
        struct stat root;
        size_t killed;
        Diag *diag;
} Leftovers;

static bool has_root(int proc_fd, const char *pid, const struct stat *root) {
        _cleanup_free_ char *path = strjoin(pid, "/root", NULL);
        struct stat st;

        /* Follows the link: the directory itself. */
        return path && fstatat(proc_fd, path, &st, 0) >= 0 && st.st_dev == root->st_dev &&
                st.st_ino == root->st_ino;
}

static int kill_and_wait(int pidfd, pid_t pid, Diag *diag) {
        struct pollfd p = { .fd = pidfd, .events = POLLIN };

        if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0)
                return errno == ESRCH ? 0 : diag_errno(diag, -errno, "cannot kill process %d", (int) pid);
        if (poll(&p, 1, (int) (KILL_TIMEOUT_USEC / USEC_PER_MSEC)) < 0)
                return diag_errno(diag, -errno, "cannot wait for process %d", (int) pid);
        if (p.revents == 0)
                return diag_set(diag, -ETIMEDOUT, "process %d of the pod does not end", (int) pid);

        return 0;
}

static int kill_entry(int proc_fd, const char *name, unsigned char type, void *userdata) {
        _cleanup_close_ int pidfd = -EBADF;
        Leftovers *l = userdata;
        uint32_t pid;

        if (parse_u32(name, &pid) < 0 || pid < 2 || pid > INT32_MAX || !has_root(proc_fd, name, &l->root))
                return 0;
        pidfd = pidfd_open_process((pid_t) pid);
        if (pidfd < 0 || !has_root(proc_fd, name, &l->root))
                return 0;

        int r = kill_and_wait(pidfd, (pid_t) pid, l->diag);
        if (r < 0)
                return r;
        l->killed++;
        return 0;
}

/* Waits for the end of machined's file about the machine. */
static int wait_for_removal(int inotify_fd, const char *path) {
        const usec_t end = now_usec(CLOCK_MONOTONIC) + KILL_TIMEOUT_USEC;
        char events[4096];

        while (access(path, F_OK) >= 0) {
                struct pollfd p = { .fd = inotify_fd, .events = POLLIN };
                usec_t now = now_usec(CLOCK_MONOTONIC);

                if (now >= end || poll(&p, 1, (int) ((end - now) / USEC_PER_MSEC)) < 0)
                        return -ETIMEDOUT;
                if (p.revents && read(inotify_fd, events, sizeof(events)) < 0)
                        return -errno;
        }

        return 0;
}

/* 1: machined made a scope for the machine; 0: it runs in a service, of which it may be but a part; -ENOENT.
 * The line is the one thing that is looked for in the file, which is private to machined. */
static int has_scope(const char *path) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = file_read_at(AT_FDCWD, path, MACHINE_FILE_MAX, &text, &size);
        return r < 0 ? r : strstr(text, "\nSCOPE=machine-") != NULL;
}

/* What the program says is of no interest: the machine may go by itself at the same time. */
static int run_silent(const char *path, char *const *argv) {
        _cleanup_close_ int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
        pid_t pid;
        int code, r;

        r = process_spawn(&(SpawnArgs){
                                  .path = path,
                                  .argv = argv,
                                  .stdin_fd = -EBADF,
                                  .stdout_fd = null_fd,
                                  .stderr_fd = null_fd,
                          },
                          &pid);
        return r < 0 ? r : process_wait(pid, USEC_INFINITY, &code);
}

/* To terminate a machine that runs in a service would stop all of the service. */
static int tell_machined(const char *name, bool scope) {
        char *const terminate[] = { (char *) "machinectl", (char *) "terminate", (char *) name, NULL },
             *const unregister[] = { (char *) "busctl", (char *) "call",
                                     (char *) "org.freedesktop.machine1",
                                     (char *) "/org/freedesktop/machine1",
                                     (char *) "org.freedesktop.machine1.Manager",
                                     (char *) "UnregisterMachine", (char *) "s", (char *) name, NULL };

        return scope ? run_silent(MACHINECTL, terminate) : run_silent(BUSCTL, unregister);
}

int leftovers_end_machine(const char *name, Diag *diag) {
        _cleanup_free_ char *path = strjoin(MACHINES_RUN_DIR "/", name, NULL);
        _cleanup_close_ int inotify_fd = inotify_init1(IN_CLOEXEC);
        int r;

        if (!path)
                return -ENOMEM;
        if (inotify_fd < 0)
                return -errno;
        if (inotify_add_watch(inotify_fd, MACHINES_RUN_DIR, IN_DELETE | IN_MOVED_FROM) < 0)
                return 0;

        r = has_scope(path);
        if (r == -ENOENT)
                return 0;
        if (r >= 0)
                r = tell_machined(name, r > 0);
        if (r >= 0)
                r = wait_for_removal(inotify_fd, path);
        return r < 0 ? diag_errno(diag, r, "cannot end machine \"%s\"", name) : 0;
}

int leftovers_kill(int pod_fd, size_t *ret_killed, Diag *diag) {
        _cleanup_close_ int proc_fd = -EBADF;
        Leftovers l = { .diag = diag };

        if (fstatat(pod_fd, POD_STAGE1_ROOTFS, &l.root, AT_SYMLINK_NOFOLLOW) < 0) {
                *ret_killed = 0;
                return errno == ENOENT ? 0
                                       : diag_errno(diag, -errno, "cannot look at \"%s\"", POD_STAGE1_ROOTFS);
        }
        proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (proc_fd < 0)
                return diag_errno(diag, -errno, "cannot open \"/proc\"");

        int r = dir_foreach(proc_fd, kill_entry, &l);
        if (r < 0)
                return r;

        *ret_killed = l.killed;
        return 0;
}
