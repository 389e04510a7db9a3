/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>

#include "layout/stage1.h"
#include "pod/exec-env.h"

/* What apps get is in the pod manifest; what stands in rkt's environment is for stage1 only, and for
 * systemd-nspawn after it: the service manager's notification and socket protocols, the terminal, and
 * nspawn's own knobs. */

#define PATH_DEFAULT "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *const passed_names[] = {
        "CREDENTIALS_DIRECTORY",
        "DBUS_SYSTEM_BUS_ADDRESS",
        "INVOCATION_ID",
        "JOURNAL_STREAM",
        "LISTEN_FDNAMES",
        "LISTEN_FDS",
        "LISTEN_PID",
        "NOTIFY_SOCKET",
        "SYSTEMD_EXEC_PID",
        "SYSTEMD_LOG_LEVEL",
        "SYSTEMD_SECCOMP",
        "TERM",
        "WATCHDOG_PID",
        "WATCHDOG_USEC",
};

static const char *const passed_prefixes[] = { "SYSTEMD_NSPAWN_" };

static bool is_passed(const char *assignment) {
        for (size_t i = 0; i < ELEMENTSOF(passed_names); i++) {
                const char *rest = startswith(assignment, passed_names[i]);

                if (rest && *rest == '=')
                        return true;
        }
        for (size_t i = 0; i < ELEMENTSOF(passed_prefixes); i++)
                if (startswith(assignment, passed_prefixes[i]))
                        return true;

        return false;
}

int exec_environment(char ***ret) {
        _cleanup_strv_free_ char **env = NULL;

        int r = strv_extend(&env, PATH_DEFAULT);
        if (r >= 0)
                r = strv_extend(&env, "LANG=C.UTF-8");
        /* Always there, as the contract has it, and empty: no SELinux in this version. */
        if (r >= 0)
                r = strv_extend(&env, STAGE1_ENV_SELINUX_CONTEXT "=");
        if (r >= 0)
                r = strv_extend(&env, STAGE1_ENV_SELINUX_MOUNT_CONTEXT "=");
        for (char **e = environ; e && *e && r >= 0; e++)
                if (is_passed(*e))
                        r = strv_extend(&env, *e);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(env);
        return 0;
}
