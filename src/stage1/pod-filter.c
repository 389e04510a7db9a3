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

int pod_filter_install(void) {
        const struct sock_fprog program = {
                .len = ELEMENTSOF(pod_filter),
                .filter = (struct sock_filter *) pod_filter,
        };

        /* Root with CAP_SYS_ADMIN needs no no-new-privileges for this, and must not set it: apps may have
         * setuid programs. */
        return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 ? -errno : 0;
}
