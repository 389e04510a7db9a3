/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/capability.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "image/confine-steps.h"

int confine_limits(const ConfineLimit *limits, size_t n) {
        for (size_t i = 0; i < n; i++) {
                __rlimit_resource_t resource = (__rlimit_resource_t) limits[i].resource;
                struct rlimit limit;

                if (getrlimit(resource, &limit) < 0)
                        return -errno;

                limit.rlim_cur = limit.rlim_max = MIN(limits[i].value, limit.rlim_max);
                if (setrlimit(resource, &limit) < 0)
                        return -errno;
        }

        return 0;
}

int confine_bounding_set(uint64_t keep) {
        for (unsigned cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
                if (keep & (1ULL << cap))
                        continue;
                /* Without privileges there is nothing in it that could be had again. */
                if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno != EPERM)
                        return -errno;
        }

        return 0;
}

int confine_capabilities(uint64_t keep) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
                return -errno;

        data[0].effective = data[0].permitted = (uint32_t) keep;
        data[1].effective = data[1].permitted = (uint32_t) (keep >> 32);
        return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int confine_no_new_privileges(void) {
        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

int confine_allow_calls(ConfineFilter filter, const char *const *names, size_t n) {
        int r;

        for (size_t i = 0; i < n; i++) {
                int nr = seccomp_syscall_resolve_name(names[i]);

                if (nr == __NR_SCMP_ERROR)
                        continue; /* another architecture's */

                r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, nr, 0);
                if (r < 0)
                        return r;
        }

        return 0;
}

int confine_system_calls(ConfineRules add_rules, const void *userdata) {
        scmp_filter_ctx filter;
        int r;

        if (BUILT_WITH_SANITIZER)
                return 0;

        filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
        if (!filter)
                return -ENOMEM;

        /* With the binary tree a call costs about eight comparisons instead of a hundred. */
        (void) seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
        r = add_rules(filter, userdata);
        if (r >= 0)
                r = seccomp_load(filter);

        seccomp_release(filter);
        return r;
}
