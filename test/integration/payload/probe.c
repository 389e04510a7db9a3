/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a test can't do from a shell in a pod: system calls by name, memory, and the exact time of the first
 * instruction. One word says what; the answer is one line on standard output. It is linked statically, so
 * that an image around it is one file. */

static int report(const char *what, long r) {
        printf("%s: %s\n", what, r < 0 ? strerror(errno) : "allowed");
        return 0;
}

static int probe_mount(void) {
        return report("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
}

static int probe_reboot(void) {
        return report("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0 /* CAD off */, NULL));
}

static int probe_keyctl(void) {
        return report("keyctl", syscall(SYS_keyctl, 0 /* get keyring id */, -3, 0));
}

static int probe_unshare(void) {
        return report("unshare", syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */));
}

static int probe_bpf(void) {
        return report("bpf", syscall(SYS_bpf, 0, NULL, 0));
}

static int probe_settime(void) {
        struct timespec ts;
        clock_gettime(CLOCK_REALTIME, &ts);
        return report("settime", clock_settime(CLOCK_REALTIME, &ts));
}

static int probe_raw(void) {
        return report("raw", socket(AF_INET, SOCK_RAW, 1));
}

/* Monotonic microseconds: the same clock inside and outside, to measure a start with. */
static int probe_clock(void) {
        struct timespec ts;
        clock_gettime(CLOCK_MONOTONIC, &ts);
        printf("%lld\n", (long long) ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
        fflush(stdout);
        return 0;
}

static int probe_eat(void) {
        for (size_t mb = 1; mb <= 256; mb++) {
                char *p = malloc(1 << 20);
                if (!p)
                        break;
                memset(p, (int) mb, 1 << 20);
        }
        puts("ate 256 MB");
        return 0;
}

static int probe_wait(void) {
        probe_clock();
        pause();
        return 0;
}

static const struct {
        const char *name;
        int (*probe)(void);
} probes[] = {
        {"bpf", probe_bpf},       {"clock", probe_clock},     {"eat", probe_eat},
        {"keyctl", probe_keyctl}, {"mount", probe_mount},     {"raw", probe_raw},
        {"reboot", probe_reboot}, {"settime", probe_settime}, {"unshare", probe_unshare},
        {"wait", probe_wait},
};

int main(int argc, char **argv) {
        for (int i = 1; i < argc; i++)
                for (size_t n = 0; n < sizeof probes / sizeof probes[0]; n++)
                        if (strcmp(argv[i], probes[n].name) == 0)
                                probes[n].probe();
        return 0;
}
