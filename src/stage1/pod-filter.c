/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "basic/macro.h"
#include "stage1/pod-filter.h"

static const struct sock_filter pod_filter[] = {
#include "stage1/pod-filter-program.inc"
};

static const struct sock_filter device_filter[] = {
#include "stage1/device-filter-program.inc"
};

/* Root with CAP_SYS_ADMIN needs no no-new-privileges for this, and must not set it: apps may have setuid
 * programs. */
static int install(const struct sock_filter *filter, size_t n) {
        const struct sock_fprog program = {
                .len = (unsigned short) n,
                .filter = (struct sock_filter *) filter,
        };

        return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 ? -errno : 0;
}

int pod_filter_install(void) {
        return install(pod_filter, ELEMENTSOF(pod_filter));
}

int device_filter_install(void) {
        return install(device_filter, ELEMENTSOF(device_filter));
}
