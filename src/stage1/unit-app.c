/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/isolators.h"
#include "stage1/mounts.h"
#include "stage1/unit-app.h"
#include "stage1/unit-escape.h"

/* An app's service. What of it is foreign text (command, environment, paths) goes through unit-escape;
 * everything else is numbers, names of a known alphabet, and our own words.
 *
 * The order of events when an app ends: its processes are gone; ended@APP.service or failed@APP.service is
 * started, which writes its exit status, and makes a failure the pod's; then, if it was the last app,
 * hold.target is needed no more, which ends the pod with what was set before, or 0. Those are services of
 * their own rather than ExecStopPost= of the app: that would run in stage1's root and with its privileges,
 * but in mounts as the app has them, which takes longer than all the rest of it.
 *
 * Event handlers of the image are units of their own as well, in the app's root and with its restrictions,
 * but as root, as the handlers of rkt are.
 *
 * Protected paths: the app gets the pod's /proc, in which systemd-nspawn has made read-only what could
 * change the host; a new instance of it, as systemd mounts it otherwise, would have nothing of that. The
 * rest is hidden by binds of read-only nodes without any rights. ReadOnlyPaths= and InaccessiblePaths=
 * would do the same, but read all mounts anew for each path: 20 ms for these. The nodes and /proc are the
 * kernel's, so what exists on the host exists in the pod. */

#define INACCESSIBLE_DIR "/run/host/inaccessible/dir"
#define INACCESSIBLE_FILE "/run/host/inaccessible/reg"

/* What shows the host, or lets it be changed. */
static const char *const hidden_files[] = {
        "/proc/config.gz", "/proc/kallsyms", "/proc/kcore", "/proc/keys", "/proc/kmem", "/proc/mem",
        "/proc/sched_debug", "/proc/sysrq-trigger", "/proc/timer_list",
};
static const char *const hidden_dirs[] = { "/sys/fs" };
/* systemd-nspawn shows them only in the host's network namespace. */
static const char *const hidden_dirs_host_net[] = {
        "/sys/firmware", "/sys/hypervisor", "/sys/module", "/sys/power",
};

static void keep_error(UnitText *t, int r) {
        if (t->error >= 0)
                t->error = r;
}

static void add_path(UnitText *t, const char *key, const char *prefix, const char *path) {
        if (t->error >= 0)
                keep_error(t, unit_write_path(&t->buf, &(UnitPath) { .key = key, .prefix = prefix,
                                                                     .path = path,
                                                                     .quoted = true }, t->diag));
}

static void add_exec(UnitText *t, const char *key, const char *prefix, char *const *argv) {
        if (t->error >= 0)
                keep_error(t, unit_write_exec(&t->buf, key, prefix, argv, t->diag));
}

static void add_capabilities(const PodPlan *p, const AppPlan *a, UnitText *t) {
        _cleanup_(string_buf_done) StringBuf names = {};

        if (p->all_capabilities || t->error < 0)
                return;
        for (unsigned i = 0; i < 64; i++) {
                const char *name = a->capabilities & (1ULL << i) ? capability_to_string(i) : NULL;

                if (name)
                        keep_error(t, string_buf_printf(&names, " %s", name));
        }
        unit_text_line(t, "CapabilityBoundingSet=%s", names.data ? names.data + 1 : "");
}

static void hide(UnitText *t, const char *by, const char *const *paths, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (access(paths[i], F_OK) >= 0)
                        unit_text_line(t, "BindPaths=%s:%s", by, paths[i]);
}

static void add_protected_paths(const PodPlan *p, UnitText *t) {
        unit_text_line(t, "BindPaths=/proc");
        hide(t, INACCESSIBLE_FILE, hidden_files, ELEMENTSOF(hidden_files));
        hide(t, INACCESSIBLE_DIR, hidden_dirs, ELEMENTSOF(hidden_dirs));
        if (!p->private_network)
                hide(t, INACCESSIBLE_DIR, hidden_dirs_host_net, ELEMENTSOF(hidden_dirs_host_net));
}

/* systemd splits at ":", then unquotes each part. What is special to either has no business below /dev and
 * /run. */
static void add_late_mount(const AppPlan *a, size_t i, UnitText *t) {
        const MountPlan *m = &a->mounts[i];
        _cleanup_free_ char *source = mount_late_source(a, i);

        if (!source)
                return keep_error(t, -ENOMEM);
        for (const char *c = m->target; *c; c++)
                if ((unsigned char) *c <= ' ' || *c == 0x7f || strchr(":\"'\\%", *c))
                        return keep_error(t, diag_set(t->diag, -EINVAL,
                                                      "volume \"%s\" has an unusable target",
                                                      m->volume));
        unit_text_line(t, "%s=%s:%s:%s", m->read_only ? "BindReadOnlyPaths" : "BindPaths", source, m->target,
                       m->recursive ? "rbind" : "norbind");
}

static void add_mounts(const AppPlan *a, UnitText *t) {
        for (size_t i = 0; i < a->n_mounts; i++) {
                if (a->mounts[i].late)
                        add_late_mount(a, i, t);
                else if (a->read_only_rootfs && !a->mounts[i].read_only)
                        add_path(t, "ReadWritePaths", "+", a->mounts[i].target);
        }
        if (a->read_only_rootfs)
                add_path(t, "ReadOnlyPaths", "+", "/");
}

static void add_account(const AppPlan *a, UnitText *t) {
        if (a->account.uid != 0 || a->n_groups > 0)
                unit_text_line(t, "User=%u", a->account.uid);
        if (a->account.uid != 0 || a->account.gid != 0)
                unit_text_line(t, "Group=%u", a->account.gid);
        for (size_t i = 0; i < a->n_groups; i++)
                unit_text_line(t, "SupplementaryGroups=%u", a->groups[i]);
}

static void add_environment(const AppPlan *a, UnitText *t) {
        STRV_FOREACH(e, a->environment)
                if (t->error >= 0)
                        keep_error(t, unit_write_environment(&t->buf, *e, t->diag));
        if (t->error >= 0)
                keep_error(t, unit_write_path(&t->buf, &(UnitPath) { .key = "WorkingDirectory",
                                                                     .path = a->working_directory },
                                                                             t->diag));
}

/* What the app and its event handlers have in common: all of its confinement but the user. */
static void add_confinement(const PodPlan *p, const AppPlan *a, UnitText *t) {
        unit_text_line(t, "RootDirectory=/" STAGE1_APPS_DIR "/%s/rootfs", a->name);
        unit_text_line(t, "MountAPIVFS=yes\nSyslogIdentifier=%s\nIgnoreSIGPIPE=no", a->name);
        unit_text_line(t, "BindPaths=/run/systemd/journal/dev-log /run/systemd/journal/socket");
        unit_text_line(t, "NoNewPrivileges=%s", a->no_new_privileges ? "yes" : "no");
        add_capabilities(p, a, t);
        if (t->error >= 0)
                keep_error(t, syscall_filter_write(&a->filter, &t->buf));
        if (!p->unprotected_paths)
                add_protected_paths(p, t);
        add_mounts(a, t);
        add_environment(a, t);
}

static void add_limits(const AppPlan *a, UnitText *t) {
        if (a->limits.memory_bytes > 0)
                unit_text_line(t, "MemoryMax=%llu", (unsigned long long) a->limits.memory_bytes);
        if (a->limits.cpu_milli > 0)
                unit_text_line(t, "CPUQuota=%llu.%llu%%", (unsigned long long) a->limits.cpu_milli / 10,
                               (unsigned long long) a->limits.cpu_milli % 10);
}

static void add_stdio(const PodPlan *p, UnitText *t) {
        const char *input = p->interactive && p->terminal ? "tty" : "null";
        const char *output = p->interactive ? "tty" : "journal";

        unit_text_line(t, "StandardInput=%s\nStandardOutput=%s\nStandardError=%s", input, output, output);
}

static void add_order(const AppPlan *a, UnitText *t) {
        STRV_FOREACH(name, a->after)
                unit_text_line(t, "After=%s.service", *name);
        STRV_FOREACH(name, a->requires)
                unit_text_line(t, "Requires=%s.service", *name);
        if (a->pre_start)
                unit_text_line(t, "Requires=pre-start@%s.service\nAfter=pre-start@%s.service", a->name,
                               a->name);
        if (a->post_stop)
                unit_text_line(t, "Requires=post-stop@%s.service\nAfter=post-stop@%s.service", a->name,
                               a->name);
}

static void add_unit_section(const AppPlan *a, const char *what, UnitText *t) {
        unit_text_line(t, "[Unit]\nDescription=%s=%s Image=%s", what, a->name, strempty(a->image_name));
        unit_text_line(t, "DefaultDependencies=no\nRequires=hold.target");
        unit_text_line(t, "After=hold.target systemd-journald.socket systemd-journald-dev-log.socket");
        unit_text_line(t, "Conflicts=shutdown.target\nBefore=shutdown.target");
}

static int add_app(const PodPlan *p, const AppPlan *a, UnitList *l, Diag *diag) {
        _cleanup_free_ char *name = strjoin(a->name, ".service", NULL);
        _cleanup_(unit_text_done) UnitText t = { .diag = diag };

        if (!name)
                return -ENOMEM;
        add_unit_section(a, "Application", &t);
        unit_text_line(&t, "OnSuccess=ended@%s.service\nOnFailure=failed@%s.service", a->name, a->name);
        add_order(a, &t);

        unit_text_line(&t, "\n[Service]\nType=%s", a->notify ? "notify" : "exec");
        unit_text_line(&t, "TimeoutStartSec=infinity\nTimeoutStopSec=%lluus",
                       (unsigned long long) p->stop_timeout);
        if (a->restart)
                unit_text_line(&t, "Restart=%s", a->restart);
        if (a->restart_usec != USEC_INFINITY)
                unit_text_line(&t, "RestartSec=%lluus", (unsigned long long) a->restart_usec);
        add_stdio(p, &t);
        add_account(a, &t);
        add_limits(a, &t);
        add_confinement(p, a, &t);
        add_exec(&t, "ExecStart", "", a->exec);
        return unit_list_add(l, name, &t);
}

/* A failing handler fails the pod as the app would. An instance would be put in a slice of its own, which
 * conflicts with the shutdown. */
static int add_pre_start(const PodPlan *p, const AppPlan *a, UnitList *l, Diag *diag) {
        _cleanup_free_ char *name = strjoin("pre-start@", a->name, ".service", NULL);
        _cleanup_(unit_text_done) UnitText t = { .diag = diag };

        if (!name)
                return -ENOMEM;
        add_unit_section(a, "pre-start", &t);
        unit_text_line(&t, "OnFailure=failed-early@%s.service", a->name);
        unit_text_line(&t, "\n[Service]\nType=oneshot\nSlice=system.slice");
        unit_text_line(&t, "TimeoutStartSec=infinity\nTimeoutStopSec=%lluus",
                       (unsigned long long) p->stop_timeout);
        add_confinement(p, a, &t);
        add_exec(&t, "ExecStart", "", a->pre_start);
        return unit_list_add(l, name, &t);
}

/* Active while the app is; its stop is the handler's run. */
static int add_post_stop(const PodPlan *p, const AppPlan *a, UnitList *l, Diag *diag) {
        _cleanup_free_ char *name = strjoin("post-stop@", a->name, ".service", NULL);
        _cleanup_(unit_text_done) UnitText t = { .diag = diag };

        if (!name)
                return -ENOMEM;
        add_unit_section(a, "post-stop", &t);
        unit_text_line(&t, "StopWhenUnneeded=yes");
        unit_text_line(&t, "\n[Service]\nType=oneshot\nSlice=system.slice\nRemainAfterExit=yes");
        unit_text_line(&t, "TimeoutStopSec=%lluus", (unsigned long long) p->stop_timeout);
        add_confinement(p, a, &t);
        add_exec(&t, "ExecStop", "", a->post_stop);
        return unit_list_add(l, name, &t);
}

int unit_app_add(const PodPlan *p, const AppPlan *a, UnitList *l, Diag *diag) {
        int r;

        r = add_app(p, a, l, diag);
        if (r >= 0 && a->pre_start)
                r = add_pre_start(p, a, l, diag);
        if (r >= 0 && a->post_stop)
                r = add_post_stop(p, a, l, diag);
        return r;
}
