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
#include <sys/stat.h>

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
 * "devices": a program that lets nobody make a device node but the harmless ones. Control groups forbid to
 * open others only where somebody has set them up to.
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

/* Device nodes that a pod may make: those of a minimal /dev, and 0:0, which is no device but a mark. */
static const struct {
        unsigned major, minor;
} devices[] = {
        { 0, 0 },
        { 1, 3 }, /* null */
        { 1, 5 }, /* zero */
        { 1, 7 }, /* full */
        { 1, 8 }, /* random */
        { 1, 9 }, /* urandom */
        { 5, 0 }, /* tty */
        { 10, 200 }, /* net/tun */
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

typedef struct Program {
        struct sock_filter items[64];
        unsigned n;
} Program;

static void emit(Program *p, struct sock_filter i) {
        assert(p->n < ELEMENTSOF(p->items));
        p->items[p->n++] = i;
}

static unsigned argument_offset(unsigned n) {
        return (unsigned) (offsetof(struct seccomp_data, args) + n * sizeof(uint64_t) +
                           (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? sizeof(uint32_t) : 0));
}

/* As the kernel takes it in a system call. */
static unsigned encode_device(unsigned major, unsigned minor) {
        return (minor & 0xff) | major << 8 | (minor & ~0xffU) << 12;
}

/* With the number of the call in the accumulator: decides if it is this one, else goes on behind. */
static void emit_mknod(Program *p, const char *name, unsigned mode_argument) {
        int call = seccomp_syscall_resolve_name(name);
        const unsigned n = ELEMENTSOF(devices);

        if (call < 0)
                return;
        emit(p, (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned) call, 0, 7 + n));
        emit(p, (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument_offset(mode_argument)));
        emit(p, (struct sock_filter) BPF_STMT(BPF_ALU | BPF_AND | BPF_K, S_IFMT));
        emit(p, (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, S_IFCHR, 1, 0));
        emit(p, (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, S_IFBLK, 0, 2 + n));
        emit(p, (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument_offset(mode_argument + 1)));
        for (unsigned i = 0; i < n; i++)
                emit(p, (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                      encode_device(devices[i].major, devices[i].minor),
                                                              n - i, 0));
        emit(p, (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
        emit(p, (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
}

static int make_devices(void) {
        Program p = {};

        /* other architectures are for the other program */
        emit(&p, (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                               offsetof(struct seccomp_data, arch)));
        emit(&p, (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, seccomp_arch_native(), 1, 0));
        emit(&p, (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
        emit(&p, (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
        emit_mknod(&p, "mknod", 1);
        emit_mknod(&p, "mknodat", 2);
        emit(&p, (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
        for (unsigned i = 0; i < p.n; i++)
                print_instruction(&p.items[i]);
        return 0;
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
        else if (argc == 2 && strcmp(argv[1], "devices") == 0)
                r = make_devices();
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
