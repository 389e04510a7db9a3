/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/strv.h"
#include "stage1/syscall-filter.h"

/* The named sets of rkt's seccomp guide, and how a set of an isolator becomes systemd's.
 *
 * "@rkt/default-whitelist" and "@docker/default-whitelist" are one list, and so are the two blacklists. It
 * is rkt's, and after it the calls that Linux has got since, as far as libseccomp 2.5 (the oldest
 * supported) knows them, where a general-purpose program may need them: C libraries use them and give up if
 * they are refused with anything but ENOSYS. systemd leaves out names that the running architecture does
 * not have. */

#define CALLS_PER_LINE 12

static const char *const allowed_calls[] = {
        "accept", "accept4", "access", "alarm", "arch_prctl", "bind", "brk", "capget", "capset", "chdir",
        "chmod", "chown", "chown32", "chroot", "clock_getres", "clock_gettime", "clock_nanosleep", "clone",
        "close", "connect", "copy_file_range", "creat", "dup", "dup2", "dup3", "epoll_create",
        "epoll_create1", "epoll_ctl", "epoll_ctl_old", "epoll_pwait", "epoll_wait", "epoll_wait_old",
        "eventfd", "eventfd2", "execve", "execveat", "exit", "exit_group", "faccessat", "fadvise64",
        "fadvise64_64", "fallocate", "fanotify_mark", "fchdir", "fchmod", "fchmodat", "fchown", "fchown32",
        "fchownat", "fcntl", "fcntl64", "fdatasync", "fgetxattr", "flistxattr", "flock", "fork",
        "fremovexattr", "fsetxattr", "fstat", "fstat64", "fstatat64", "fstatfs", "fstatfs64", "fsync",
        "ftruncate", "ftruncate64", "futex", "futimesat", "get_robust_list", "get_thread_area", "getcpu",
        "getcwd", "getdents", "getdents64", "getegid", "getegid32", "geteuid", "geteuid32", "getgid",
        "getgid32", "getgroups", "getgroups32", "getitimer", "getpeername", "getpgid", "getpgrp", "getpid",
        "getppid", "getpriority", "getrandom", "getresgid", "getresgid32", "getresuid", "getresuid32",
        "getrlimit", "getrusage", "getsid", "getsockname", "getsockopt", "gettid", "gettimeofday", "getuid",
        "getuid32", "getxattr", "inotify_add_watch", "inotify_init", "inotify_init1", "inotify_rm_watch",
        "io_cancel", "io_destroy", "io_getevents", "io_setup", "io_submit", "ioctl", "ioprio_get",
        "ioprio_set", "ipc", "kill", "lchown", "lchown32", "lgetxattr", "link", "linkat", "listen",
        "listxattr", "llistxattr", "_llseek", "lremovexattr", "lseek", "lsetxattr", "lstat", "lstat64",
        "madvise", "memfd_create", "mincore", "mkdir", "mkdirat", "mknod", "mknodat", "mlock", "mlock2",
        "mlockall", "mmap", "mmap2", "modify_ldt", "mprotect", "mq_getsetattr", "mq_notify", "mq_open",
        "mq_timedreceive", "mq_timedsend", "mq_unlink", "mremap", "msgctl", "msgget", "msgrcv", "msgsnd",
        "msync", "munlock", "munlockall", "munmap", "nanosleep", "newfstatat", "_newselect", "open",
        "openat", "pause", "personality", "pipe", "pipe2", "poll", "ppoll", "prctl", "pread64", "preadv",
        "prlimit64", "pselect6", "pwrite64", "pwritev", "read", "readahead", "readlink", "readlinkat",
        "readv", "recv", "recvfrom", "recvmmsg", "recvmsg", "remap_file_pages", "removexattr", "rename",
        "renameat", "renameat2", "restart_syscall", "rmdir", "rt_sigaction", "rt_sigpending",
        "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait",
        "rt_tgsigqueueinfo", "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity",
        "sched_getattr", "sched_getparam", "sched_getscheduler", "sched_rr_get_interval",
        "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler", "sched_yield",
        "seccomp", "select", "semctl", "semget", "semop", "semtimedop", "send", "sendfile", "sendfile64",
        "sendmmsg", "sendmsg", "sendto", "set_robust_list", "set_thread_area", "set_tid_address",
        "setfsgid", "setfsgid32", "setfsuid", "setfsuid32", "setgid", "setgid32", "setgroups",
        "setgroups32", "setitimer", "setpgid", "setpriority", "setregid", "setregid32", "setresgid",
        "setresgid32", "setresuid", "setresuid32", "setreuid", "setreuid32", "setrlimit", "setsid",
        "setsockopt", "setuid", "setuid32", "setxattr", "shmat", "shmctl", "shmdt", "shmget", "shutdown",
        "sigaltstack", "signalfd", "signalfd4", "sigreturn", "socket", "socketcall", "socketpair", "splice",
        "stat", "stat64", "statfs", "statfs64", "symlink", "symlinkat", "sync", "sync_file_range", "syncfs",
        "sysinfo", "syslog", "tee", "tgkill", "time", "timer_create", "timer_delete", "timer_getoverrun",
        "timer_gettime", "timer_settime", "timerfd_create", "timerfd_gettime", "timerfd_settime", "times",
        "tkill", "truncate", "truncate64", "ugetrlimit", "umask", "uname", "unlink", "unlinkat", "utime",
        "utimensat", "utimes", "vfork", "vmsplice", "wait4", "waitid", "waitpid", "write", "writev",
        /* ARM */
        "arm_fadvise64_64", "arm_sync_file_range", "breakpoint", "cacheflush", "set_tls",
        "sync_file_range2",
        /* since then */
        "clock_getres_time64", "clock_gettime64", "clock_nanosleep_time64", "clone3", "close_range",
        "epoll_pwait2", "faccessat2", "futex_time64", "io_pgetevents", "io_pgetevents_time64",
        "landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self", "membarrier",
        "mq_timedreceive_time64", "mq_timedsend_time64", "openat2", "pidfd_open", "pidfd_send_signal",
        "pkey_alloc", "pkey_free", "pkey_mprotect", "ppoll_time64", "preadv2", "pselect6_time64",
        "pwritev2", "recvmmsg_time64", "rseq", "rt_sigtimedwait_time64", "sched_rr_get_interval_time64",
        "semtimedop_time64", "statx", "timer_gettime64", "timer_settime64", "timerfd_gettime64",
        "timerfd_settime64", "utimensat_time64", NULL
};

static const char *const denied_calls[] = {
        "_sysctl", "acct", "add_key", "adjtimex", "bpf", "clock_adjtime", "clock_settime", "create_module",
        "delete_module", "finit_module", "get_kernel_syms", "get_mempolicy", "init_module", "ioperm",
        "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "mbind", "mount",
        "move_pages", "name_to_handle_at", "nfsservctl", "open_by_handle_at", "perf_event_open",
        "pivot_root", "process_vm_readv", "process_vm_writev", "ptrace", "query_module", "quotactl",
        "reboot", "request_key", "set_mempolicy", "setns", "settimeofday", "stime", "swapoff", "swapon",
        "sysfs", "umount", "umount2", "unshare", "uselib", "userfaultfd", "ustat", "vm86", "vm86old",
        /* since then: the same doors by other names */
        "clock_adjtime64", "clock_settime64", "fsconfig", "fsmount", "fsopen", "fspick", "io_uring_enter",
        "io_uring_register", "io_uring_setup", "mount_setattr", "move_mount", "open_tree", "pidfd_getfd",
        NULL
};

/* By set name: one of our lists, or a set of systemd's. */
static const struct {
        const char *name;
        const char *const *calls;
        const char *systemd;
} syscall_sets[] = {
        { "@rkt/default-whitelist", allowed_calls, NULL },
        { "@rkt/default-blacklist", denied_calls, NULL },
        { "@docker/default-whitelist", allowed_calls, NULL },
        { "@docker/default-blacklist", denied_calls, NULL },
        { "@systemd/clock", NULL, "@clock" },
        { "@systemd/default-whitelist", NULL, "@default" },
        { "@systemd/io-event", NULL, "@io-event" },
        { "@systemd/mount", NULL, "@mount" },
        { "@systemd/network-io", NULL, "@network-io" },
        { "@systemd/obsolete", NULL, "@obsolete" },
        { "@systemd/privileged", NULL, "@privileged" },
        { "@systemd/process", NULL, "@process" },
        { "@systemd/raw-io", NULL, "@raw-io" },
};

#define SET_ALL "@appc.io/all"
#define SET_EMPTY "@appc.io/empty"

void syscall_filter_done(SyscallFilter *f) {
        strv_free(f->calls);
        free(f->errno_name);
        *f = (SyscallFilter) {};
}

/* What would be read as another thing than a name never reaches a unit file. */
static bool name_is_plain(const char *s, const char *more) {
        if (!*s)
                return false;
        for (; *s; s++)
                if (!(*s >= 'a' && *s <= 'z') && !(*s >= '0' && *s <= '9') && !strchr(more, *s))
                        return false;
        return true;
}

static bool errno_name_is_plain(const char *s) {
        if (*s != 'E')
                return false;
        for (; *s; s++)
                if (!(*s >= 'A' && *s <= 'Z') && !(*s >= '0' && *s <= '9'))
                        return false;
        return true;
}

static int add_call(const char *name, char ***l, Diag *diag) {
        if (name[0] != '@') {
                if (!name_is_plain(name, "_"))
                        return diag_set(diag, -EBADMSG, "bad name of a system call in a seccomp isolator");
                return strv_extend(l, name);
        }
        for (size_t i = 0; i < ELEMENTSOF(syscall_sets); i++)
                if (streq(name, syscall_sets[i].name))
                        return syscall_sets[i].calls ? strv_extend_strv(l,
                                                                        (char *const *) syscall_sets[i].calls)
                                                     : strv_extend(l, syscall_sets[i].systemd);

        _cleanup_free_ char *escaped = string_escape(name);
        return diag_set(diag, -EBADMSG, "unknown set \"%s\" in a seccomp isolator", strempty(escaped));
}

static int expand(const SeccompSet *s, SyscallFilter *f, Diag *diag) {
        int r;

        f->mode = s->retain ? SYSCALL_ALLOW : SYSCALL_DENY;
        STRV_FOREACH(call, s->calls) {
                if (streq(*call, SET_EMPTY))
                        continue;
                r = add_call(*call, &f->calls, diag);
                if (r < 0)
                        return r;
        }
        if (f->mode == SYSCALL_DENY && !f->calls)
                f->mode = SYSCALL_UNFILTERED;
        return 0;
}

int syscall_filter_from_isolators(const IsolatorList *l, SyscallFilter *ret, Diag *diag) {
        _cleanup_(seccomp_set_done) SeccompSet s = {};
        _cleanup_(syscall_filter_done) SyscallFilter f = {};
        int r;

        r = isolators_get_seccomp(l, &s, diag);
        if (r < 0)
                return r;
        if (s.errno_name && !errno_name_is_plain(s.errno_name))
                return diag_set(diag, -EBADMSG, "bad errno in a seccomp isolator");
        f.errno_name = strdup(s.errno_name ?: "EPERM");
        if (!f.errno_name)
                return -ENOMEM;

        if (!s.calls || (!s.retain && strv_contains(s.calls, SET_EMPTY))) {
                /* nothing said, or nothing to be removed: the default, as rkt reads it */
                f.mode = SYSCALL_ALLOW;
                r = strv_extend_strv(&f.calls, (char *const *) allowed_calls);
        } else if (strv_contains(s.calls, SET_ALL)) {
                if (!s.retain)
                        return diag_set(diag, -EBADMSG, "a seccomp isolator removes all system calls");
                f.mode = SYSCALL_UNFILTERED;
        } else
                r = expand(&s, &f, diag);
        if (r < 0)
                return r;

        *ret = f;
        f = (SyscallFilter) {};
        return 0;
}

int syscall_filter_write(const SyscallFilter *f, StringBuf *out) {
        const char *invert = f->mode == SYSCALL_DENY ? "~" : "";
        size_t n = 0;
        int r;

        if (f->mode == SYSCALL_UNFILTERED)
                return 0;

        /* Other architectures' calls are other numbers: a filter without this would be built for each of
         * them. */
        r = string_buf_printf(out, "SystemCallArchitectures=native\nSystemCallErrorNumber=%s\n",
                              f->errno_name);
        /* "@default" is what systemd allows in any allow list: said here so that an empty one is no reset */
        if (r >= 0)
                r = string_buf_printf(out, "SystemCallFilter=%s",
                                      f->mode == SYSCALL_ALLOW ? "@default" : invert);
        STRV_FOREACH(call, f->calls) {
                if (r >= 0 && n == CALLS_PER_LINE)
                        r = string_buf_printf(out, "\nSystemCallFilter=%s", invert);
                if (r >= 0)
                        r = string_buf_printf(out, " %s", *call);
                n = n == CALLS_PER_LINE ? 1 : n + 1;
        }
        return r < 0 ? r : string_buf_append(out, "\n");
}
