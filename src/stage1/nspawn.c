/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/isolators.h"
#include "layout/pods.h"
#include "stage1/mounts.h"
#include "stage1/nspawn.h"

/* Every argument earns its place:
 * - settings: an image could bring a .nspawn file (CVE-2026-40226);
 * - SYSTEMD_SECCOMP=0: building its own filter takes systemd-nspawn 65 ms; stage1 installs a ready one
 *   before;
 * - SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1: it would look for systemd in the root, which has none before /usr
 *   is mounted, and take it for an old one that needs version 1 control groups;
 * - SYSTEMD_*_PATH inside: one directory of units, no generators: 80 ms;
 * - resolv-conf, timezone: apps do not see stage1's /etc;
 * - link-journal=try-guest: the host's journalctl -m finds the pod's journal, if the host keeps one;
 * - PID 1's warnings are kept, with no colours: they can end up in a journal. */

#define NSPAWN_PROGRAM "/usr/bin/systemd-nspawn"
#define UNIT_PATH "/etc/systemd/system"
#define NO_GENERATORS "/nonexistent"

static const char *const fixed_args[] = {
        NSPAWN_PROGRAM,
        "--boot",
        "--quiet",
        "--settings=no",
        "--notify-ready=yes",
        "--private-users=no",
        "--link-journal=try-guest",
        "--resolv-conf=off",
        "--timezone=off",
        "--bind-ro=/usr",
        "--setenv=SYSTEMD_UNIT_PATH=" UNIT_PATH,
        "--setenv=SYSTEMD_GENERATOR_PATH=" NO_GENERATORS,
        "--setenv=SYSTEMD_ENVIRONMENT_GENERATOR_PATH=" NO_GENERATORS,
        NULL
};

static const char *const passed_variables[] = { "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID",
                                                "LISTEN_FDNAMES", "TERM" };

void nspawn_command_done(NspawnCommand *c) {
        strv_free(c->argv);
        strv_free(c->env);
        *c = (NspawnCommand) {};
}

static int append_capabilities(const PodPlan *p, char ***argv) {
        _cleanup_strv_free_ char **names = NULL;
        _cleanup_free_ char *joined = NULL;
        uint64_t all = 0;

        if (p->all_capabilities)
                return strv_extend(argv, "--capability=all");
        for (size_t i = 0; i < p->n_apps; i++)
                all |= p->apps[i].capabilities;
        for (unsigned i = 0; i < 64; i++) {
                const char *name = all & (1ULL << i) ? capability_to_string(i) : NULL;

                if (name && strv_extend(&names, name) < 0)
                        return -ENOMEM;
        }
        if (!names)
                return 0;
        joined = strv_join(names, ",");
        return joined ? strv_extendf(argv, "--capability=%s", joined) : -ENOMEM;
}

static int append_host(NspawnHost host, char ***argv) {
        int r;

        r = strv_extend(argv, host == NSPAWN_HOST_NO_SYSTEMD ? "--register=no" : "--register=yes");
        if (r >= 0 && host != NSPAWN_HOST_SHELL)
                r = strv_extend(argv, "--keep-unit");
        return r;
}

static int make_argv(const PodPlan *p, NspawnHost host, const char *pod_path, char ***ret) {
        _cleanup_strv_free_ char **l = NULL;
        int r;

        r = strv_extend_strv(&l, (char *const *) fixed_args);
        if (r >= 0)
                r = strv_extendf(&l, "--machine=%s", p->machine);
        if (r >= 0)
                r = strv_extendf(&l, "--uuid=%s", p->uuid);
        if (r >= 0)
                r = strv_extendf(&l, "--hostname=%s", p->hostname);
        if (r >= 0)
                r = strv_extendf(&l, "--directory=%s/" POD_STAGE1_ROOTFS, pod_path);
        if (r >= 0)
                r = append_host(host, &l);
        if (r >= 0 && p->private_network)
                r = strv_extend(&l, "--private-network");
        if (r >= 0)
                r = append_capabilities(p, &l);
        if (r >= 0)
                r = mounts_append_nspawn_args(p, pod_path, &l);
        /* what follows is for PID 1 of the pod */
        if (r >= 0)
                r = strv_extend(&l, "--");
        if (r >= 0)
                r = strv_extend_strv(&l, (char *[]) { (char *) "--show-status=no", (char *) "--log-color=no",
                                                      (char *) (p->debug ? "--log-level=info"
                                                                         : "--log-level=warning"), NULL });
        if (r < 0)
                return r;
        *ret = TAKE_PTR(l);
        return 0;
}

static int make_env(const PodPlan *p, char *const *environ, char ***ret) {
        _cleanup_strv_free_ char **l = NULL;
        int r;

        r = strv_extend(&l, "PATH=/usr/sbin:/usr/bin");
        if (r >= 0)
                r = strv_extend(&l, "LANG=C.UTF-8");
        if (r >= 0)
                r = strv_extend(&l, "SYSTEMD_SECCOMP=0");
        if (r >= 0)
                r = strv_extend(&l, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1");
        if (r >= 0)
                r = strv_extend(&l, "SYSTEMD_NSPAWN_CONTAINER_SERVICE=rkt");
        /* Not "debug": systemd-nspawn of systemd 252 then aborts when it prints resource limits. */
        if (r >= 0)
                r = strv_extend(&l, p->debug ? "SYSTEMD_LOG_LEVEL=info" : "SYSTEMD_LOG_LEVEL=err");
        if (r >= 0 && p->unprotected_paths)
                r = strv_extend(&l, "SYSTEMD_NSPAWN_API_VFS_WRITABLE=yes");
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(passed_variables); i++) {
                const char *value = strv_env_get(environ, passed_variables[i]);

                if (value)
                        r = strv_extendf(&l, "%s=%s", passed_variables[i], value);
        }
        if (r < 0)
                return r;
        *ret = TAKE_PTR(l);
        return 0;
}

int nspawn_command_make(const PodPlan *p, NspawnHost host, const char *pod_path, char *const *environ,
                        NspawnCommand *ret) {
        _cleanup_(nspawn_command_done) NspawnCommand c = {};
        int r;

        r = make_argv(p, host, pod_path, &c.argv);
        if (r >= 0)
                r = make_env(p, environ, &c.env);
        if (r < 0)
                return r;

        *ret = c;
        c = (NspawnCommand) {};
        return 0;
}

/* systemd's escape for unit names. */
int nspawn_scope_path(const char *machine, char **ret) {
        _cleanup_(string_buf_done) StringBuf path = {};
        int r;

        r = string_buf_append(&path, "machine.slice/machine-");
        for (const char *c = machine; r >= 0 && *c; c++) {
                bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                        (*c >= '0' && *c <= '9') ||
                        *c == '_' || *c == ':' || (*c == '.' && c > machine);

                r = plain ? string_buf_append_n(&path, c, 1)
                          : string_buf_printf(&path, "\\x%02x", (unsigned char) *c);
        }
        if (r >= 0)
                r = string_buf_append(&path, ".scope");
        if (r < 0)
                return r;
        *ret = string_buf_take(&path);
        return *ret ? 0 : -ENOMEM;
}
