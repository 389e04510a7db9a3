/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "image/confine-steps.h"
#include "image/confine.h"

/* The order is that of the kernel's rules: the bounding set needs CAP_SETPCAP, changing identity needs
 * CAP_SETUID and CAP_SETGID, Landlock and seccomp without privileges need no-new-privileges, and seccomp
 * comes last since it would forbid the steps before it. */

/* What a helper runs as. Without that user (its sysusers.d file was not applied) it is the overflow user. */
#define HELPER_USER "rkt-fetch"
#define NOBODY 65534U
#define PASSWD_ENTRY_MAX 1024

typedef struct Step {
        const char *what;
        int (*run)(const Confine *c);
} Step;

static int step_limits(const Confine *c) {
        const ConfineLimit limits[] = {
                { RLIMIT_CORE, 0 },
                { RLIMIT_NOFILE, 256 },
                { RLIMIT_FSIZE, c->max_file_bytes },
                { RLIMIT_MEMLOCK, 0 },
                { RLIMIT_MSGQUEUE, 0 },
        };

        return confine_limits(limits, ELEMENTSOF(limits));
}

static int step_bounding_set(const Confine *c) {
        return confine_bounding_set(/* keep= */ 0);
}

void confine_identity(uid_t *ret_uid, gid_t *ret_gid) {
        char buffer[PASSWD_ENTRY_MAX];
        struct passwd entry, *pw = NULL;

        if (geteuid() != 0) {
                *ret_uid = geteuid();
                *ret_gid = getegid();
                return;
        }
        /* One of our own sysusers.d file: an entry that doesn't fit the buffer is not it. */
        if (getpwnam_r(HELPER_USER, &entry, buffer, sizeof(buffer), &pw) != 0 || (pw && pw->pw_uid == 0))
                pw = NULL;
        *ret_uid = pw ? pw->pw_uid : NOBODY;
        *ret_gid = pw ? pw->pw_gid : NOBODY;
}

static int step_identity(const Confine *c) {
        pid_t parent = getppid();
        uid_t uid;
        gid_t gid;

        if (geteuid() != 0)
                return 0;
        confine_identity(&uid, &gid);
        if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
                return -errno;
        /* The kernel forgets the parent-death signal when the identity changes. */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
                return -errno;
        return getppid() == parent ? 0 : -ESRCH;
}

static int step_capabilities(const Confine *c) {
        return confine_capabilities(/* keep= */ 0);
}

static int step_no_new_privileges(const Confine *c) {
        return confine_no_new_privileges();
}

#define ACCESS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ACCESS_EXEC (ACCESS_READ | LANDLOCK_ACCESS_FS_EXECUTE)
/* Everything that the first version of Landlock knows. */
#define ACCESS_ALL ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

typedef struct PathRule {
        const char *path;
        uint64_t access;
} PathRule;

/* What the C library, the resolver and TLS read; /proc/sys is for OpenSSL's and libgcrypt's FIPS flag. */
static const PathRule system_paths[] = {
        { "/usr",                 ACCESS_EXEC                  },
        { "/lib",                 ACCESS_EXEC                  },
        { "/lib64",               ACCESS_EXEC                  },
        { "/etc",                 ACCESS_READ                  },
        { "/run/systemd/resolve", ACCESS_READ                  },
        { "/run/resolvconf",      ACCESS_READ                  },
        { "/run/NetworkManager",  ACCESS_READ                  },
        { "/run/connman",         ACCESS_READ                  },
        { "/proc/self",           ACCESS_READ                  },
        { "/proc/sys",            ACCESS_READ                  },
        { "/dev/null",            LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE },
        { "/dev/urandom",         LANDLOCK_ACCESS_FS_READ_FILE },
};

static int allow_path(int ruleset_fd, const char *path, uint64_t access) {
        struct landlock_path_beneath_attr rule = { .allowed_access = access };
        _cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);

        if (fd < 0)
                return errno == ENOENT || errno == EACCES || errno == ENOTDIR ? 0 : -errno;
        rule.parent_fd = fd;
        if (syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) >= 0)
                return 0;
        if (errno != EINVAL)
                return -errno;
        /* A file takes no rights that only directories have. */
        rule.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
        if (syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
                return -errno;
        return 0;
}

static int step_file_system(const Confine *c) {
        struct landlock_ruleset_attr attr = { .handled_access_fs = ACCESS_ALL };
        _cleanup_close_ int fd = -EBADF;
        int e;

        fd = (int) syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
        if (fd < 0)
                return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
        for (size_t i = 0; i < ELEMENTSOF(system_paths); i++) {
                uint64_t access = system_paths[i].access;
                if (!c->exec)
                        access &= ~(uint64_t) LANDLOCK_ACCESS_FS_EXECUTE;
                e = allow_path(fd, system_paths[i].path, access);
                if (e < 0)
                        return e;
        }
        for (const char *const *p = c->readable; p && *p; p++) {
                e = allow_path(fd, *p, ACCESS_READ);
                if (e < 0)
                        return e;
        }
        if (c->writable) {
                e = allow_path(fd, c->writable, ACCESS_ALL & ~(uint64_t) LANDLOCK_ACCESS_FS_EXECUTE);
                if (e < 0)
                        return e;
        }
        return syscall(SYS_landlock_restrict_self, fd, 0) < 0 ? -errno : 0;
}

static const char *const calls_base[] = {
        "access", "arch_prctl", "brk", "clock_getres", "clock_gettime", "clock_nanosleep", "close",
        "close_range", "dup", "dup2", "dup3", "exit", "exit_group", "faccessat", "faccessat2",
        "fadvise64", "fcntl", "fcntl64", "fstat", "fstat64", "fstatat64", "fstatfs", "ftruncate", "futex",
        "futex_time64", "getcwd", "getdents64", "getegid", "geteuid", "getgid", "getpgrp", "getpid",
        "getppid", "getrandom", "getresgid", "getresuid", "getrlimit", "getrusage", "gettid",
        "gettimeofday", "getuid", "lseek", "_llseek", "lstat", "madvise", "membarrier", "mmap", "mmap2",
        "mprotect", "mremap", "munmap", "nanosleep", "newfstatat", "open", "openat", "pipe", "pipe2",
        "poll", "ppoll", "pread64", "prlimit64", "pselect6", "pwrite64", "read", "readlink", "readlinkat",
        "readv", "restart_syscall", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
        "sched_getaffinity", "sched_yield", "select", "set_robust_list", "set_tid_address", "sigaltstack",
        "stat", "statx", "sysinfo", "tgkill", "time", "uname", "write", "writev",
};
static const char *const calls_network[] = {
        "accept4", "bind", "clone", "connect", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait",
        "eventfd2", "getpeername", "getsockname", "getsockopt", "recv", "recvfrom", "recvmmsg", "recvmsg",
        "send", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown", "socketpair",
};
static const char *const calls_exec[] = {
        "chdir", "clone", "execve", "flock", "fork", "link", "linkat", "mkdir", "mkdirat", "rename",
        "renameat", "renameat2", "rmdir", "unlink", "unlinkat", "umask", "chmod", "fchmod", "fchmodat",
        "fsync", "fdatasync", "utimensat", "vfork", "wait4", "waitid",
};
static const int socket_families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
static const unsigned long socket_ioctls[] = { FIONBIO, FIONREAD };

static int add_rules(ConfineFilter filter, const void *userdata) {
        const Confine *c = userdata;
        int e;

        e = confine_allow_calls(filter, calls_base, ELEMENTSOF(calls_base));
        if (e >= 0 && c->exec)
                e = confine_allow_calls(filter, calls_exec, ELEMENTSOF(calls_exec));
        if (e < 0 || !c->network)
                return e;
        e = confine_allow_calls(filter, calls_network, ELEMENTSOF(calls_network));
        for (size_t i = 0; e >= 0 && i < ELEMENTSOF(socket_families); i++)
                e = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                                     SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t) socket_families[i]));
        for (size_t i = 0; e >= 0 && i < ELEMENTSOF(socket_ioctls); i++)
                e = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                                     SCMP_A1(SCMP_CMP_EQ, socket_ioctls[i]));
        return e;
}

static int step_system_calls(const Confine *c) {
        return confine_system_calls(add_rules, c);
}

static const Step steps[] = {
        { "limit resources",       step_limits            },
        { "drop the bounding set", step_bounding_set      },
        { "change identity",       step_identity          },
        { "drop capabilities",     step_capabilities      },
        { "set no-new-privileges", step_no_new_privileges },
        { "confine file access",   step_file_system       },
        { "filter system calls",   step_system_calls      },
};

int confine_process(const Confine *c, Diag *diag) {
        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                int e = steps[i].run(c);
                if (e < 0)
                        return diag_errno(diag, e, "failed to %s", steps[i].what);
        }
        return 0;
}
