/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "appc/isolators.h"
#include "basic/fs-util.h"
#include "basic/parse-util.h"
#include "basic/path-util.h"
#include "layout/pods.h"
#include "stage1/plan.h"

/* Image data is data here: names and ids are checked by the manifests' parsers or by the resolvers called,
 * words and values stay as they are, to be escaped where they are written. Anything that cannot be honoured
 * is an error before the first file of the pod is written. */

#define ANNOTATION_NOTIFY "appc.io/executor/supports-systemd-notify"

static void mount_plan_done(MountPlan *m) {
        free(m->volume);
        free(m->source);
        free(m->path);
        free(m->target);
}

static void app_plan_done(AppPlan *a) {
        free(a->name);
        free(a->image_name);
        strv_free(a->exec);
        strv_free(a->pre_start);
        strv_free(a->post_stop);
        free(a->working_directory);
        strv_free(a->environment);
        account_done(&a->account);
        free(a->groups);
        syscall_filter_done(&a->filter);
        for (size_t i = 0; i < a->n_mounts; i++)
                mount_plan_done(&a->mounts[i]);
        free(a->mounts);
        free(a->restart);
        strv_free(a->after);
        strv_free(a->requires);
}

void pod_plan_done(PodPlan *p) {
        for (size_t i = 0; i < p->n_apps; i++)
                app_plan_done(&p->apps[i]);
        free(p->apps);
        free(p->uuid);
        free(p->machine);
        free(p->hostname);
        *p = (PodPlan) {};
}

char *plan_path(const char *path) {
        char *copy = strdup(path);

        return copy ? path_simplify(copy) : NULL;
}

int app_rootfs_open(int pod_fd, const char *app_name, Diag *diag) {
        _cleanup_free_ char *path = NULL;
        int fd;

        path = strjoin(POD_STAGE1_ROOTFS "/" STAGE1_APPS_DIR "/", app_name, "/rootfs", NULL);
        if (!path)
                return -ENOMEM;
        fd = openat(pod_fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return diag_errno(diag, -errno, "cannot open the root file system of app \"%s\"", app_name);
        return fd;
}

static int set_env(AppPlan *a, const char *name, const char *value) {
        _cleanup_free_ char *assignment = strjoin(name, "=", value, NULL);

        return assignment ? strv_env_set(&a->environment, assignment) : -ENOMEM;
}

/* The manifest's own values win over all that the executor provides but the app's name (appc spec,
 * "ace.md"). */
static int plan_environment(const App *app, AppPlan *a, Diag *diag) {
        int r;

        r = set_env(a, "PATH", PATH_DEFAULT);
        if (r >= 0)
                r = set_env(a, "container", "rkt");
        if (r >= 0)
                r = set_env(a, "HOME", a->account.home);
        if (r >= 0)
                r = set_env(a, "USER", a->account.name);
        if (r >= 0)
                r = set_env(a, "LOGNAME", a->account.name);
        if (r >= 0)
                r = set_env(a, "SHELL", a->account.shell);
        for (size_t i = 0; r >= 0 && i < app->environment.n; i++) {
                const NameValue *v = &app->environment.items[i];

                r = set_env(a, v->name, v->value);
                if (r == -EINVAL) {
                        _cleanup_free_ char *escaped = string_escape(v->name);
                        return diag_set(diag, r, "\"%s\" is not the name of an environment variable",
                                        strempty(escaped));
                }
        }
        return r < 0 ? r : set_env(a, "AC_APP_NAME", a->name);
}

static int plan_handlers(const App *app, AppPlan *a, Diag *diag) {
        for (size_t i = 0; i < app->n_event_handlers; i++) {
                const EventHandler *h = &app->event_handlers[i];
                char ***where = streq(h->name, "pre-start") ? &a->pre_start : &a->post_stop;

                if (*where || strv_length(h->exec) == 0)
                        return diag_set(diag, -EBADMSG, "bad event handler \"%s\"", h->name);
                if (!path_is_absolute(h->exec[0]))
                        return diag_set(diag, -EBADMSG,
                                        "program of event handler \"%s\" is not an absolute path",
                                        h->name);
                *where = strv_copy(h->exec);
                if (!*where)
                        return -ENOMEM;
        }
        return 0;
}

static int plan_isolators(const PlanInput *in, const App *app, AppPlan *a, Diag *diag) {
        int r;

        r = isolators_get_capabilities(&app->isolators, in->args->disable_capabilities_restriction,
                                       &a->capabilities, diag);
        if (r >= 0)
                r = isolators_get_limits(&app->isolators, &a->limits, diag);
        if (r >= 0)
                r = isolators_get_no_new_privileges(&app->isolators, &a->no_new_privileges, diag);
        if (r >= 0 && !in->args->disable_seccomp)
                r = syscall_filter_from_isolators(&app->isolators, &a->filter, diag);
        return r;
}

/* systemd adds the group itself to the others of whoever has User= or more groups. It is said here, so that
 * the unit and "enter" say the same. */
static int plan_groups(const App *app, AppPlan *a) {
        if (a->account.uid == 0 && app->n_supplementary_gids == 0)
                return 0;
        a->groups = calloc(app->n_supplementary_gids + 1, sizeof(gid_t));
        if (!a->groups)
                return -ENOMEM;

        for (size_t i = 0; i < app->n_supplementary_gids; i++)
                if (app->supplementary_gids[i] != a->account.gid)
                        a->groups[a->n_groups++] = app->supplementary_gids[i];
        a->groups[a->n_groups++] = a->account.gid;
        return 0;
}

static int copy_names(const RuntimeApp *ra, const App *app, AppPlan *a) {
        a->name = strdup(ra->name);
        a->working_directory = plan_path(app->working_directory ?: "/");
        if (!a->name || !a->working_directory)
                return -ENOMEM;
        if (!ra->image_name)
                return 0;
        a->image_name = strdup(ra->image_name);
        return a->image_name ? 0 : -ENOMEM;
}

static int plan_app(const PlanInput *in, const RuntimeApp *ra, const ImageManifest *image, AppPlan *a,
                    Diag *diag) {
        const App *app = ra->app ?: image->app;
        const char *notify = name_value_list_get(&image->annotations, ANNOTATION_NOTIFY);
        _cleanup_close_ int rootfs_fd = -EBADF;
        int r;

        if (!app)
                return diag_set(diag, -EBADMSG, "image has no app section");
        rootfs_fd = app_rootfs_open(in->pod_fd, ra->name, diag);
        if (rootfs_fd < 0)
                return rootfs_fd;

        a->read_only_rootfs = ra->read_only_rootfs;
        a->notify = notify && parse_boolean(notify) > 0;
        r = copy_names(ra, app, a);
        if (r >= 0)
                r = account_resolve(rootfs_fd, app->user, app->group, &a->account, diag);
        if (r >= 0)
                r = plan_groups(app, a);
        if (r >= 0)
                r = plan_environment(app, a, diag);
        if (r >= 0)
                r = app_plan_exec(rootfs_fd, app, a, diag);
        if (r >= 0)
                r = plan_handlers(app, a, diag);
        if (r >= 0)
                r = plan_isolators(in, app, a, diag);
        if (r >= 0)
                r = app_plan_mounts(in, ra, app, a, diag);
        return r < 0 ? r : app_plan_unit_settings(in, ra, a, diag);
}

static int plan_names(const PlanInput *in, PodPlan *p) {
        _cleanup_free_ char *otherwise = strjoin("rkt-", in->args->uuid, NULL);

        if (!otherwise)
                return -ENOMEM;
        p->uuid = strdup(in->args->uuid);
        p->machine = strdup(in->machine ?: otherwise);
        p->hostname = strdup(isempty(in->args->hostname) ? otherwise : in->args->hostname);
        return p->uuid && p->machine && p->hostname ? 0 : -ENOMEM;
}

static int plan_pod(const PlanInput *in, PodPlan *p, Diag *diag) {
        const char *timeout = name_value_list_get(&in->manifest->annotations, ANNOTATION_POD_STOP_TIMEOUT);
        const Stage1RunArgs *args = in->args;

        if (in->manifest->n_apps == 0)
                return diag_set(diag, -EINVAL, "pod must contain at least one application");
        if (args->interactive && in->manifest->n_apps > 1)
                return diag_set(diag, -EINVAL, "interactive option only supports pods with one app");
        if (args->mutable_pod)
                return diag_set(diag, -EOPNOTSUPP, "--mutable is not supported by this version");
        if (args->net && !streq(args->net, "host") && !streq(args->net, "none"))
                return diag_set(diag, -EOPNOTSUPP, "network \"%s\" is not supported by this version",
                                args->net);
        p->stop_timeout = POD_STOP_TIMEOUT_DEFAULT;
        if (timeout && parse_sec(timeout, &p->stop_timeout) < 0)
                return diag_set(diag, -EBADMSG, "annotation \"%s\" is not a time span",
                                ANNOTATION_POD_STOP_TIMEOUT);

        p->private_network = args->net && streq(args->net, "none");
        p->interactive = args->interactive;
        p->debug = args->debug;
        p->all_capabilities = args->disable_capabilities_restriction;
        p->unprotected_paths = args->disable_paths;
        return plan_names(in, p);
}

int pod_plan_make(const PlanInput *in, PodPlan *ret, Diag *diag) {
        _cleanup_(pod_plan_done) PodPlan p = {};
        int r;

        r = plan_pod(in, &p, diag);
        if (r < 0)
                return r;

        p.apps = calloc(in->manifest->n_apps, sizeof(AppPlan));
        if (!p.apps)
                return -ENOMEM;
        for (size_t i = 0; i < in->manifest->n_apps; i++) {
                const RuntimeApp *ra = &in->manifest->apps[i];

                p.n_apps++;
                r = plan_app(in, ra, in->images[i], &p.apps[i], diag);
                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        return diag_wrap(diag, r, "cannot run app \"%s\"", ra->name);
        }

        *ret = p;
        p = (PodPlan) {};
        return 0;
}
