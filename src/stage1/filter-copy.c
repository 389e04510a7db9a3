/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "stage1/filter-copy.h"

/* An app's filters come from three sides: the pod's, those of its unit, and what the app put on itself.
 * Only the kernel knows them all, and it hands them out as the programs that they are. The app's main
 * process is stopped while they are read, without a signal; its system calls are restarted, or return EINTR
 * where Linux knows no restart, as they do after SIGSTOP and SIGCONT. */

#define STOP_TIMEOUT_SEC 5

void filter_list_done(FilterList *l) {
        for (size_t i = 0; i < l->n; i++)
                free(l->items[i].filter);
        free(l->items);
        *l = (FilterList) {};
}

/* Waits for the stop of a tracee, by the SIGCHLD that comes with it, which the caller has blocked. */
static int wait_for_stop(pid_t pid) {
        const struct timespec timeout = { .tv_sec = STOP_TIMEOUT_SEC };
        sigset_t child;
        int status;

        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        for (;;) {
                pid_t found = waitpid(pid, &status, WNOHANG | __WALL);

                if (found < 0)
                        return -errno;
                if (found == pid)
                        return WIFSTOPPED(status) ? 0 : -ESRCH;
                if (sigtimedwait(&child, NULL, &timeout) < 0 && errno != EINTR)
                        return errno == EAGAIN ? -ETIMEDOUT : -errno;
        }
}

/* -ENOENT: there are no more. */
static int read_one(pid_t pid, unsigned long index, struct sock_fprog *ret) {
        struct sock_filter *filter;
        long n;

        n = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *) index, NULL);
        if (n < 0)
                return -errno;
        if (n == 0 || n > BPF_MAXINSNS)
                return -EBADMSG;
        filter = calloc((size_t) n, sizeof(struct sock_filter));
        if (!filter)
                return -ENOMEM;
        if (ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *) index, filter) != n) {
                free(filter);
                return -EIO;
        }
        *ret = (struct sock_fprog) { .len = (unsigned short) n, .filter = filter };
        return 0;
}

static int read_all(pid_t pid, FilterList *l) {
        for (;;) {
                struct sock_fprog *items = reallocarray(l->items, l->n + 1, sizeof(struct sock_fprog));
                int r;

                if (!items)
                        return -ENOMEM;
                l->items = items;
                r = read_one(pid, l->n, &items[l->n]);
                if (r == -ENOENT)
                        return l->n > 0 ? 0 : -ENODATA;
                if (r < 0)
                        return r;
                l->n++;
        }
}

static int trace(pid_t pid, FilterList *l) {
        int r;

        if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
                return -errno;
        r = ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 ? -errno : wait_for_stop(pid);
        if (r >= 0)
                r = read_all(pid, l);
        /* If it could not be stopped this fails too; then our end lets go of it. */
        (void) ptrace(PTRACE_DETACH, pid, NULL, NULL);
        return r;
}

int filter_list_read(pid_t pid, FilterList *ret, Diag *diag) {
        _cleanup_(filter_list_done) FilterList l = {};
        sigset_t child, old;
        int r;

        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        if (sigprocmask(SIG_BLOCK, &child, &old) < 0)
                return -errno;
        r = trace(pid, &l);
        (void) sigprocmask(SIG_SETMASK, &old, NULL);
        if (r < 0)
                return diag_errno(diag, r, "cannot read the system call filters of process %d", (int) pid);

        *ret = l;
        l = (FilterList) {};
        return 0;
}

int filter_list_install(const FilterList *l) {
        for (size_t i = l->n; i > 0; i--)
                if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &l->items[i - 1]) < 0)
                        return -errno;
        return 0;
}
