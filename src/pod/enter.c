/* SPDX-License-Identifier: Apache-2.0 */

#include "layout/stage1.h"
#include "pod/exec-env.h"
#include "pod/lifecycle.h"
#include "pod/stage1-program.h"

/* Who may enter, and how, is stage1's business; here it is found out what is to be entered. */

static int several_apps(const PodManifest *m, Diag *diag) {
        _cleanup_free_ char *list = NULL;
        _cleanup_strv_free_ char **names = NULL;

        for (size_t i = 0; i < m->n_apps; i++) {
                int r = strv_extend(&names, m->apps[i].name);
                if (r < 0)
                        return r;
        }
        list = strv_join(names, ", ");
        if (!list)
                return -ENOMEM;

        diag_set(diag, -ENOTUNIQ, "pod contains multiple apps: %s", list);
        diag_wrap(diag, -ENOTUNIQ, "unable to determine app name");
        return diag_hint(diag, -ENOTUNIQ, "specify app using \"rkt enter --app= ...\"");
}

static int choose_app(Pod *p, const char *app, char **ret, Diag *diag) {
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL;

        int r = pod_load_manifest(p, &m, diag);
        if (r < 0)
                return r;
        if (m->n_apps == 0)
                return diag_set(diag, -ENOENT, "pod contains zero apps");
        if (!app && m->n_apps > 1)
                return several_apps(m, diag);
        if (app && !pod_manifest_find_app(m, app))
                return diag_set(diag, -ENOENT, "pod \"%s\" has no app \"%s\"", pod_uuid(p), app);

        *ret = strdup(app ?: m->apps[0].name);
        return *ret ? 0 : -ENOMEM;
}

static int enter_argv(const PodContext *c, Pod *p, Stage1EnterArgs *args, char ***ret, Diag *diag) {
        _cleanup_(stage1_entrypoints_done) Stage1Entrypoints entry = {};
        _cleanup_free_ char *path = NULL;

        int r = stage1_entrypoints_load(pod_fd(p), &entry, diag);
        if (r < 0)
                return r;
        if (!entry.enter)
                return diag_set(diag, -EOPNOTSUPP, "rkt enter not implemented for pod's stage1");
        r = stage1_program_path(c, p, entry.enter, &path, diag);
        if (r < 0)
                return r;

        return stage1_enter_args_format(args, path, ret);
}

int pod_enter(const PodContext *c, Pod *p, const char *app, char *const *command, Diag *diag) {
        _cleanup_strv_free_ char **argv = NULL, **env = NULL;
        _cleanup_free_ char *name = NULL;
        PodState state;
        pid_t pid;

        int r = pod_refresh(p, &state);
        if (r < 0 || state != POD_RUNNING)
                return diag_set(diag, -ESRCH, "pod \"%s\" isn't currently running", pod_uuid(p));

        r = choose_app(p, app, &name, diag);
        if (r >= 0)
                r = pod_get_pid(p, &pid, diag);
        if (r < 0)
                return r;

        Stage1EnterArgs args = { .pid = pid, .app_name = name, .command = (char **) command };
        r = enter_argv(c, p, &args, &argv, diag);
        if (r >= 0)
                r = exec_environment(&env);
        if (r < 0)
                return r;

        if (fchdir(pod_fd(p)) < 0)
                return diag_errno(diag, -errno, "failed changing to the directory of pod \"%s\"",
                                  pod_uuid(p));
        execve(argv[0], argv, env);
        return diag_errno(diag, -errno, "error executing stage1's enter entrypoint \"%s\"", argv[0]);
}
