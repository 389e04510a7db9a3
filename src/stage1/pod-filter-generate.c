/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/macro.h"
#include "stage1/syscall-sets.h"

/* Run at build time, for the architecture that is built for; writes C initializers to standard output.
 *
 * "program": the program of stage1/pod-filter.c. It is a deny list. It takes from the pod what can reach
 * the kernel or the host's clock, swap, modules and files by handle; its systemd needs none of it, and the
 * feature probes that newer ones make with bpf() cost 65 ms if they are let through. Calls of other
 * architectures are killed: a filter that names numbers of one of them would let all of the other's pass.
 * Calls that are not known here are said not to exist: then no deny list has to know them.
 *
 * "complement": the names of all calls that stage1/syscall-sets does not allow.
 *
 * "known": the names that it allows, without those that libseccomp does not know: systemd would complain of
 * them. */

/* No architecture has numbers from here up, but for ARM's private ones. */
#define CALLS_SCANNED 8192U
#define PRIVATE_CALLS 0xf0000U


static const char *const denied[] = {
        "_sysctl", "acct", "adjtimex", "afs_syscall", "bdflush", "bpf", "break", "clock_adjtime",
        "clock_adjtime64", "clock_settime", "clock_settime64", "create_module", "delete_module",
        "finit_module", "ftime", "get_kernel_syms", "getpmsg", "gtty", "idle", "init_module", "ioperm",
        "iopl", "kexec_file_load", "kexec_load", "lock", "lookup_dcookie", "modify_ldt", "mpx",
        "nfsservctl", "open_by_handle_at", "pciconfig_iobase", "pciconfig_read", "pciconfig_write",
        "perf_event_open", "prof", "profil", "putpmsg", "query_module", "s390_pci_mmio_read",
        "s390_pci_mmio_write", "security", "settimeofday", "sgetmask", "ssetmask", "stime", "stty",
        "subpage_prot", "swapoff", "swapon", "switch_endian", "sys_debug_setcontext", "sysfs", "tuxcall",
        "ulimit", "uselib", "ustat", "vm86", "vm86old", "vserver",
};

static int add_rules(scmp_filter_ctx filter) {
        for (size_t i = 0; i < ELEMENTSOF(denied); i++) {
                int r, call = seccomp_syscall_resolve_name(denied[i]);

                if (call == __NR_SCMP_ERROR) {
                        fprintf(stderr, "%s: unknown system call\n", denied[i]);
                        return -EINVAL;
                }
                /* Not on this architecture. */
                if (call < 0)
                        continue;
                r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void print_instruction(const struct sock_filter *i) {
        printf("{ 0x%04x, %u, %u, 0x%08x },\n", i->code, i->jt, i->jf, i->k);
}

/* Highest number of a system call that libseccomp knows. */
static unsigned highest_call(void) {
        unsigned highest = 0;

        for (unsigned n = 0; n < CALLS_SCANNED; n++) {
                char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int) n);

                if (name)
                        highest = n;
                free(name);
        }
        return highest;
}

/* What libseccomp cannot say: numbers above the highest known one are of calls that are newer than this
 * program. */
static void print_unknown_calls(void) {
        const struct sock_filter program[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, highest_call(), 0, 2),
                BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, PRIVATE_CALLS, 1, 0),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        };

        for (size_t i = 0; i < ELEMENTSOF(program); i++)
                print_instruction(&program[i]);
}

static int print_program(scmp_filter_ctx filter) {
        struct sock_filter instruction;
        FILE *f;
        int r;

        f = tmpfile();
        if (!f)
                return -errno;
        print_unknown_calls();
        r = seccomp_export_bpf(filter, fileno(f));
        rewind(f);
        while (r >= 0 && fread(&instruction, sizeof(instruction), 1, f) == 1)
                print_instruction(&instruction);
        if (ferror(f))
                r = -EIO;
        (void) fclose(f);
        return r;
}

static int make_program(void) {
        scmp_filter_ctx filter;
        int r;

        filter = seccomp_init(SCMP_ACT_ALLOW);
        if (!filter)
                return -ENOMEM;
        r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
        if (r >= 0)
                r = add_rules(filter);
        if (r >= 0)
                r = print_program(filter);
        seccomp_release(filter);
        return r;
}

static bool is_allowed(const char *name) {
        for (const char *const *c = syscalls_allowed; *c; c++)
                if (strcmp(*c, name) == 0)
                        return true;
        return false;
}

static int make_complement(void) {
        for (unsigned n = 0; n < CALLS_SCANNED; n++) {
                char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int) n);

                if (name && !is_allowed(name))
                        printf("\"%s\",\n", name);
                free(name);
        }
        return 0;
}

static int make_known(void) {
        for (const char *const *c = syscalls_allowed; *c; c++)
                if (seccomp_syscall_resolve_name(*c) != __NR_SCMP_ERROR)
                        printf("\"%s\",\n", *c);
        return 0;
}

int main(int argc, char **argv) {
        int r = -EINVAL;

        if (argc == 2 && strcmp(argv[1], "program") == 0)
                r = make_program();
        else if (argc == 2 && strcmp(argv[1], "complement") == 0)
                r = make_complement();
        else if (argc == 2 && strcmp(argv[1], "known") == 0)
                r = make_known();
        if (r >= 0 && fflush(stdout) != 0)
                r = -EIO;
        if (r < 0)
                fprintf(stderr, "cannot make the filter: %s\n", strerror(-r));
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
