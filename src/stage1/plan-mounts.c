/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/parse-util.h"
#include "basic/path-util.h"
#include "layout/pods.h"
#include "stage1/plan.h"

/* Which volume goes where in an app: first the mounts of the pod manifest, then the image's mount points
 * that those leave open, with the volume of their name. Read-only is what the volume says, else what the
 * mount point says; a mount can add it, never take it away from a volume.
 *
 * stage0 writes down an empty volume APP-POINT for a mount point that got none. What the image has there is
 * then what the volume is to begin with. Copying it would cost with its size; so the directory itself,
 * which is the pod's own already, is the volume. */

static MountPlan *add_mount(AppPlan *a) {
        MountPlan *n;

        n = reallocarray(a->mounts, a->n_mounts + 1, sizeof(MountPlan));
        if (!n)
                return NULL;
        a->mounts = n;
        a->mounts[a->n_mounts] = (MountPlan) {};
        return &a->mounts[a->n_mounts++];
}

static bool has_mount(const AppPlan *a, const char *path) {
        for (size_t i = 0; i < a->n_mounts; i++)
                if (streq(a->mounts[i].path, path))
                        return true;
        return false;
}

/* "APP-POINT", or "APP-POINT-2" and so on where that name was taken. */
static bool is_implicit_name(const char *name, const char *app_name, const char *point) {
        const char *rest = startswith(name, app_name);
        uint32_t n;

        rest = rest ? startswith(rest, "-") : NULL;
        rest = rest ? startswith(rest, point) : NULL;
        return rest && (!*rest || (*rest == '-' && parse_u32(rest + 1, &n) >= 0));
}

static bool is_implicit(const Volume *v, const char *path, const App *app, const AppPlan *a) {
        if (v->kind != VOLUME_EMPTY)
                return false;
        for (size_t i = 0; i < app->n_mount_points; i++) {
                _cleanup_free_ char *point_path = plan_path(app->mount_points[i].path);

                if (point_path && streq(point_path, path) &&
                    is_implicit_name(v->name, a->name, app->mount_points[i].name))
                        return true;
        }
        return false;
}

static int volume_source(const PlanInput *in, const Volume *v, char **ret) {
        *ret = v->kind == VOLUME_HOST ? plan_path(v->source)
                                      : strjoin(in->pod_path, "/" POD_VOLUMES_DIR "/", v->name, NULL);
        return *ret ? 0 : -ENOMEM;
}

static int add_volume(const PlanInput *in, const Volume *v, const char *path, const App *app, AppPlan *a) {
        MountPlan *m;

        m = add_mount(a);
        if (!m)
                return -ENOMEM;
        m->recursive = v->recursive != 0;
        m->volume = strdup(v->name);
        m->path = plan_path(path);
        if (!m->volume || !m->path)
                return -ENOMEM;
        m->implicit = is_implicit(v, m->path, app, a);
        return m->implicit ? 0 : volume_source(in, v, &m->source);
}

static bool mount_point_is_read_only(const App *app, const char *name) {
        for (size_t i = 0; i < app->n_mount_points; i++)
                if (streq(app->mount_points[i].name, name))
                        return app->mount_points[i].read_only;
        return false;
}

static int add_manifest_mount(const PlanInput *in, const Mount *m, const App *app, AppPlan *a, Diag *diag) {
        const Volume *v = m->app_volume ?: pod_manifest_find_volume(in->manifest, m->volume);
        bool read_only;
        int r;

        if (!v)
                return diag_set(diag, -EBADMSG, "could not find volume %s", m->volume);
        if (v->read_only >= 0)
                read_only = v->read_only || m->read_only > 0;
        else
                read_only = m->read_only >= 0 ? m->read_only : mount_point_is_read_only(app, m->volume);

        r = add_volume(in, v, m->path, app, a);
        if (r >= 0)
                a->mounts[a->n_mounts - 1].read_only = read_only;
        return r;
}

static int add_mount_point(const PlanInput *in, const MountPoint *mp, const App *app, AppPlan *a,
                           Diag *diag) {
        const Volume *v = pod_manifest_find_volume(in->manifest, mp->name);
        int r;

        if (!v)
                return diag_set(diag, -EBADMSG, "no volume for mount point \"%s\"", mp->name);
        r = add_volume(in, v, mp->path, app, a);
        if (r >= 0)
                a->mounts[a->n_mounts - 1].read_only = v->read_only >= 0 ? v->read_only : mp->read_only;
        return r;
}

int app_plan_mounts(const PlanInput *in, const RuntimeApp *ra, const App *app, AppPlan *ret, Diag *diag) {
        int r;

        for (size_t i = 0; i < ra->n_mounts; i++) {
                r = add_manifest_mount(in, &ra->mounts[i], app, ret, diag);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < app->n_mount_points; i++) {
                _cleanup_free_ char *path = plan_path(app->mount_points[i].path);

                if (!path)
                        return -ENOMEM;
                if (has_mount(ret, path))
                        continue;
                r = add_mount_point(in, &app->mount_points[i], app, ret, diag);
                if (r < 0)
                        return r;
        }
        return 0;
}
