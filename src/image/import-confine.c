/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/confine-steps.h"
#include "image/import-confine.h"

/* The helper begins as root with all of rkt's capabilities, in the host's namespaces, and with nothing
 * open but what it was given. Order: chroot and the namespaces need CAP_SYS_CHROOT and CAP_SYS_ADMIN, the
 * bounding set and the securebits need CAP_SETPCAP, the filter comes last since it forbids the steps
 * before it.
 *
 * The user stays 0: the files' owners are the image's business, and changing them takes CAP_CHOWN whoever
 * we are. chroot is a wall only because nothing outside is open and CAP_SYS_CHROOT is gone after it. */

#define FILES_OPEN_MAX 4096 /* the deepest path, and some */
/* Sanitizers reserve terabytes. */
#define MEMORY_MAX (BUILT_WITH_SANITIZER ? RLIM_INFINITY : 512UL * 1024 * 1024)

/* Owners, modes and contents of other users' files, setgid bits, file capabilities. Not CAP_MKNOD: a node
 * of the host's disk would be the whole host. */
#define CAPABILITIES_KEPT                                                                                  \
        (1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FOWNER | 1ULL << CAP_FSETID | \
         1ULL << CAP_SETFCAP)

static int step_limits(const ImportConfine *c) {
        const ConfineLimit limits[] = {
                { RLIMIT_CORE,     0                 },
                { RLIMIT_NOFILE,   FILES_OPEN_MAX    },
                { RLIMIT_FSIZE,    c->max_file_bytes },
                { RLIMIT_DATA,     MEMORY_MAX        },
                { RLIMIT_MEMLOCK,  0                 },
                { RLIMIT_MSGQUEUE, 0                 },
        };

        return confine_limits(limits, ELEMENTSOF(limits));
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
        return confine_bounding_set(CAPABILITIES_KEPT);
}

static int step_securebits(const ImportConfine *c) {
        return prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                     SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED, 0, 0, 0) < 0 ? -errno : 0;
}

static int step_capabilities(const ImportConfine *c) {
        return confine_capabilities(CAPABILITIES_KEPT);
}

static int step_no_new_privileges(const ImportConfine *c) {
        return confine_no_new_privileges();
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

typedef struct MaskRule {
        const char *call;
        unsigned argument;
        uint64_t mask, value;
} MaskRule;

static const MaskRule calls_allowed_if[] = {
        /* A thread is a clone that shares everything; clone3 hides its flags from filters, and glibc does
         * without when it is not there. */
        { "clone",    0, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND },
        /* No memory becomes code. */
        { "mmap",     2, PROT_EXEC,                               0                                       },
        { "mprotect", 2, PROT_EXEC,                               0                                       },
        /* A node would need CAP_MKNOD as well. */
        { "mknodat",  2, S_IFMT,                                  S_IFIFO                                 },
};

static int add_rules(ConfineFilter filter, const void *userdata) {
        int r;

        r = confine_allow_calls(filter, calls_allowed, ELEMENTSOF(calls_allowed));
        for (size_t i = 0; i < ELEMENTSOF(calls_allowed_if) && r >= 0; i++) {
                const MaskRule *m = &calls_allowed_if[i];
                const struct scmp_arg_cmp compare = {
                        .arg = m->argument,
                        .op = SCMP_CMP_MASKED_EQ,
                        .datum_a = m->mask,
                        .datum_b = m->value,
                };

                r = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(m->call), 1,
                                           &compare);
        }

        return r;
}

static int step_system_calls(const ImportConfine *c) {
        return confine_system_calls(add_rules, c);
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
