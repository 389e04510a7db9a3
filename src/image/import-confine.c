/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "image/import-confine.h"

/* The helper begins as root with all of rkt's capabilities, in the host's namespaces, and with nothing
 * open but what it was given. Order: chroot and the namespaces need CAP_SYS_CHROOT and CAP_SYS_ADMIN, the
 * bounding set and the securebits need CAP_SETPCAP, the filter comes last since it forbids the steps
 * before it.
 *
 * The user stays 0: the files' owners are the image's business, and changing them takes CAP_CHOWN whoever
 * we are. chroot is a wall only because nothing outside is open and CAP_SYS_CHROOT is gone after it. */

#define FILES_OPEN_MAX 256
#define MEMORY_MAX (512ULL * 1024 * 1024)

/* Owners, modes and contents of other users' files, setgid bits, file capabilities. Not CAP_MKNOD: a node
 * of the host's disk would be the whole host. */
#define CAPABILITIES_KEPT                                                                                  \
        (1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FOWNER | 1ULL << CAP_FSETID | \
         1ULL << CAP_SETFCAP)

static int step_limits(const ImportConfine *c) {
        const struct {
                int resource;
                rlim_t value;
        } limits[] = {
                { RLIMIT_CORE,     0                 },
                { RLIMIT_NOFILE,   FILES_OPEN_MAX    },
                { RLIMIT_FSIZE,    c->max_file_bytes },
                { RLIMIT_DATA,     MEMORY_MAX        },
                { RLIMIT_MEMLOCK,  0                 },
                { RLIMIT_MSGQUEUE, 0                 },
        };

        for (size_t i = 0; i < ELEMENTSOF(limits); i++) {
                struct rlimit old;
                rlim_t value;

                if (getrlimit(limits[i].resource, &old) < 0)
                        return -errno;

                value = MIN(limits[i].value, old.rlim_max);
                if (setrlimit(limits[i].resource, &(struct rlimit) { value, value }) < 0)
                        return -errno;
        }

        return 0;
}

/* Sockets can't be made anyway, by the filter; this is for the day that the filter has a hole. */
static int step_namespaces(const ImportConfine *c) {
        return unshare(CLONE_NEWNET | CLONE_NEWIPC) < 0 ? -errno : 0;
}

static int step_root(const ImportConfine *c) {
        if (fchdir(c->root_fd) < 0 || chroot(".") < 0 || chdir("/") < 0)
                return -errno;

        return 0;
}

static int step_bounding_set(const ImportConfine *c) {
        for (unsigned cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
                if (CAPABILITIES_KEPT & (1ULL << cap))
                        continue;
                if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
                        return -errno;
        }

        return 0;
}

static int step_securebits(const ImportConfine *c) {
        return prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                     SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED, 0, 0, 0) < 0 ? -errno : 0;
}

static int step_capabilities(const ImportConfine *c) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

        data[0].effective = data[0].permitted = (uint32_t) CAPABILITIES_KEPT;
        data[1].effective = data[1].permitted = (uint32_t) (CAPABILITIES_KEPT >> 32);
        return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int step_no_new_privileges(const ImportConfine *c) {
        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

static const char *const calls_allowed[] = {
        /* files */
        "close", "copy_file_range", "fchdir", "fchmod", "fchmodat", "fchown", "fchownat", "fcntl",
        "fgetxattr", "flistxattr", "fsetxattr", "fstat", "fsync", "ftruncate", "getdents64", "lgetxattr",
        "linkat", "llistxattr", "lseek", "mkdirat", "newfstatat", "openat", "openat2", "pread64",
        "pwrite64", "read", "readlinkat", "renameat", "renameat2", "statx", "symlinkat", "umask",
        "unlinkat", "utimensat", "write", "writev",
        /* memory and threads */
        "brk", "clock_gettime", "exit", "exit_group", "futex", "getpid", "getrandom", "gettid", "madvise",
        "mremap", "munmap", "restart_syscall", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
        "sched_getaffinity", "sched_yield", "set_robust_list", "sigaltstack", "sysinfo", "tgkill",
};

static int add_rules(scmp_filter_ctx ctx) {
        int r;

        for (size_t i = 0; i < ELEMENTSOF(calls_allowed); i++) {
                int nr = seccomp_syscall_resolve_name(calls_allowed[i]);

                if (nr == __NR_SCMP_ERROR)
                        continue;
                r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
                if (r < 0)
                        return r;
        }

        /* A thread is a clone that shares everything; clone3 hides its flags from filters, and glibc falls
         * back when it is not there. */
        r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND,
                                     CLONE_THREAD | CLONE_VM | CLONE_SIGHAND));
        if (r < 0)
                return r;

        /* No memory becomes code. */
        r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                             SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
        if (r < 0)
                return r;

        r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                             SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
        if (r < 0)
                return r;

        /* Fifos; a node would need CAP_MKNOD as well. */
        return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mknodat), 1,
                                SCMP_A2(SCMP_CMP_MASKED_EQ, S_IFMT, S_IFIFO));
}

/* What is not on the list fails with ENOSYS, so that libraries take their fallbacks. */
static int step_system_calls(const ImportConfine *c) {
        scmp_filter_ctx ctx;
        int r;

        ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
        if (!ctx)
                return -ENOMEM;

        (void) seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
        r = add_rules(ctx);
        if (r >= 0)
                r = seccomp_load(ctx);

        seccomp_release(ctx);
        return r;
}

static const struct {
        const char *what;
        int (*run)(const ImportConfine *c);
} steps[] = {
        { "limit resources",          step_limits            },
        { "leave the namespaces",     step_namespaces        },
        { "change the root",          step_root              },
        { "drop the bounding set",    step_bounding_set      },
        { "lock the securebits",      step_securebits        },
        { "drop capabilities",        step_capabilities      },
        { "set no-new-privileges",    step_no_new_privileges },
        { "filter system calls",      step_system_calls      },
};

int import_confine(const ImportConfine *c, Diag *diag) {
        int r;

        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                r = steps[i].run(c);
                if (r < 0)
                        return diag_errno(diag, r, "cannot %s", steps[i].what);
        }

        return 0;
}
