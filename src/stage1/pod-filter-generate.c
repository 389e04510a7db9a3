/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/macro.h"

/* Run at build time: writes the program of stage1/pod-filter.c as C initializers, for the architecture that
 * is built for, to standard output.
 *
 * The list is a deny list. It takes from the pod what can reach the kernel or the host's clock, swap,
 * modules and files by handle; its systemd needs none of it, and the feature probes that newer ones make
 * with bpf() cost 65 ms if they are let through. Calls of other architectures are killed: a filter that
 * names numbers of one of them would let all of the other's pass. */

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

static int print_program(scmp_filter_ctx filter) {
        struct sock_filter instruction;
        FILE *f;
        int r;

        f = tmpfile();
        if (!f)
                return -errno;
        r = seccomp_export_bpf(filter, fileno(f));
        rewind(f);
        while (r >= 0 && fread(&instruction, sizeof(instruction), 1, f) == 1)
                if (printf("{ 0x%04x, %u, %u, 0x%08x },\n", instruction.code, instruction.jt, instruction.jf,
                           instruction.k) < 0)
                        r = -EIO;
        if (ferror(f) || fflush(stdout) != 0)
                r = -EIO;
        (void) fclose(f);
        return r;
}

int main(void) {
        scmp_filter_ctx filter;
        int r;

        filter = seccomp_init(SCMP_ACT_ALLOW);
        if (!filter)
                return EXIT_FAILURE;
        r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
        if (r >= 0)
                r = add_rules(filter);
        if (r >= 0)
                r = print_program(filter);
        if (r < 0)
                fprintf(stderr, "cannot make the filter: %s\n", strerror(-r));
        seccomp_release(filter);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
