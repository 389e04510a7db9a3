/* SPDX-License-Identifier: Apache-2.0 */

#include "appc/isolators.h"
#include "basic/path-util.h"
#include "pod/spec-internal.h"

/* From what the user asked for and what the images say to the pod manifest. Each RuntimeApp gets the
 * image's app object, copied and then changed: what an image says of itself beyond that object (its
 * annotations above all) never gets into the manifest, because annotations there are the operator's. */

/* A typing error ("16m" is 16 thousandths of a byte) more likely than a wish. */
#define MEMORY_LIMIT_MIN 4096

/* Says, as rkt's own manifests do, that apps cannot be added to the running pod. */
#define ANNOTATION_POD_MUTABLE "coreos.com/rkt/stage1/mutable"

static int app_take_exec(App *app, const AppSpec *a, const SpecImage *image, Diag *diag) {
        if (a->exec || a->exec_words) {
                _cleanup_strv_free_ char **exec = NULL;

                int r = a->exec ? strv_extend(&exec, a->exec) : strv_extend_strv(&exec, a->exec_words);
                if (r < 0)
                        return r;
                strv_free(app->exec);
                app->exec = TAKE_PTR(exec);
        }

        if (strv_length(app->exec) == 0 || isempty(app->exec[0]))
                return diag_set(diag, -EINVAL, "image \"%s\" has an empty \"exec\" (try --exec=BINARY)",
                                image->manifest->name);

        return strv_extend_strv(&app->exec, a->args);
}

static int replace(char **p, const char *value) {
        if (!value)
                return 0;

        char *copy = strdup(value);
        if (!copy)
                return -ENOMEM;
        free(*p);
        *p = copy;
        return 0;
}

static int add_limit(App *app, const char *name, const char *quantity, Diag *diag) {
        _cleanup_free_ char *value = NULL;

        if (!quantity)
                return 0;

        int r = isolator_resource_value(quantity, &value, diag);
        if (r < 0)
                return r;

        return isolator_list_set(&app->isolators, name, value);
}

static int add_limits(App *app, const AppSpec *a, Diag *diag) {
        int64_t milli;

        if (a->memory) {
                int r = quantity_parse_milli(a->memory, &milli, diag);
                if (r < 0)
                        return diag_wrap(diag, r, "invalid memory limit \"%s\"", a->memory);
                if (milli / 1000 < MEMORY_LIMIT_MIN)
                        return diag_set(diag, -EINVAL,
                                        "memory limit of %lld bytes too low. Try a reasonable value, such as "
                                        "--memory=16M", (long long) (milli / 1000));
        }

        int r = add_limit(app, ISOLATOR_MEMORY, a->memory, diag);
        if (r < 0)
                return diag_wrap(diag, r, "invalid memory limit \"%s\"", a->memory);
        r = add_limit(app, ISOLATOR_CPU, a->cpu, diag);
        return r < 0 ? diag_wrap(diag, r, "invalid CPU limit \"%s\"", a->cpu) : 0;
}

static int make_app(const AppSpec *a, const SpecImage *image, App **ret, Diag *diag) {
        _cleanup_(app_freep) App *app = NULL;

        if (!image->manifest->app && !a->exec && !a->exec_words)
                return diag_set(diag, -EINVAL,
                                "image %s has no app section and --exec argument is not provided", image->id);

        if (a->working_dir && !path_is_absolute(a->working_dir))
                return diag_set(diag, -EINVAL, "working directory \"%s\" is not an absolute path",
                                a->working_dir);

        int r = image->manifest->app ? app_copy(image->manifest->app, &app) : app_new(&app);
        if (r >= 0)
                r = app_take_exec(app, a, image, diag);
        if (r >= 0)
                r = replace(&app->working_directory, a->working_dir);
        if (r >= 0)
                r = replace(&app->user, a->user);
        if (r >= 0)
                r = replace(&app->group, a->group);
        if (r >= 0)
                r = add_limits(app, a, diag);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(app);
        return 0;
}

static bool has_mount_at(const RuntimeApp *app, const char *path) {
        for (size_t i = 0; i < app->n_mounts; i++)
                if (mount_path_equal(app->mounts[i].path, path))
                        return true;

        return false;
}

/* Of several mounts at one place the first one counts: an app's own come before those of the pod. */
static int add_mounts(RuntimeApp *app, char *const *mounts, Diag *diag) {
        STRV_FOREACH(s, mounts) {
                _cleanup_(mount_done) Mount m = {};

                int r = mount_parse(*s, &m, diag);
                if (r < 0)
                        return r;
                path_simplify(m.path);
                if (has_mount_at(app, m.path))
                        continue;

                Mount *slot = runtime_app_add_mount(app);
                if (!slot)
                        return -ENOMEM;
                *slot = m;
                m = (Mount) {};
        }

        return 0;
}

static void mark_read_only(RuntimeApp *app, char *const *paths) {
        STRV_FOREACH(path, paths)
                for (size_t i = 0; i < app->n_mounts; i++)
                        if (mount_path_equal(app->mounts[i].path, *path))
                                app->mounts[i].read_only = 1;
}

static int add_annotations(NameValueList *list, char *const *annotations, Diag *diag) {
        STRV_FOREACH(a, annotations) {
                const char *equals = strchr(*a, '=');
                _cleanup_free_ char *name = equals ? strndup(*a, (size_t) (equals - *a)) : NULL;

                if (!name || !ac_identifier_is_valid(name))
                        return diag_set(diag, -EINVAL, "\"%s\" is no annotation of the form NAME=VALUE", *a);

                int r = name_value_list_set(list, name, equals + 1);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int name_app(RuntimeApp *app, const AppSpec *a, const SpecImage *image, Diag *diag) {
        if (a->name) {
                app->name = strdup(a->name);
                return app->name ? 0 : -ENOMEM;
        }

        int r = ac_name_from_image(image->manifest->name, &app->name);
        return r < 0 ? diag_errno(diag, r, "cannot make an app name of the image name \"%s\"",
                                  image->manifest->name)
                     : 0;
}

static int add_app(PodManifest *m, const PodSpec *s, const AppSpec *a, const SpecImage *image, Diag *diag) {
        RuntimeApp *app = pod_manifest_add_app(m);

        if (!app)
                return -ENOMEM;

        app->image_id = strdup(image->id);
        if (!app->image_id)
                return -ENOMEM;
        app->read_only_rootfs = a->read_only_rootfs > 0;

        int r = name_app(app, a, image, diag);
        if (r >= 0)
                r = make_app(a, image, &app->app, diag);
        if (r >= 0)
                r = add_mounts(app, a->mounts, diag);
        if (r >= 0)
                r = add_mounts(app, s->mounts, diag);
        if (r < 0)
                return r;

        mark_read_only(app, a->read_only_mounts);
        return add_annotations(&app->annotations, a->annotations, diag);
}

static int add_volumes(PodManifest *m, const PodSpec *s, Diag *diag) {
        STRV_FOREACH(v, s->volumes) {
                Volume *volume = pod_manifest_add_volume(m);
                if (!volume)
                        return -ENOMEM;

                int r = volume_parse(*v, volume, diag);
                if (r < 0)
                        return diag_wrap(diag, r, "invalid volume \"%s\"", *v);
        }

        return 0;
}

static int add_apps(PodManifest *m, const PodSpec *s, const SpecImage *images, char *const *parent_env,
                    Diag *diag) {
        _cleanup_strv_free_ char **common = NULL;

        int r = spec_common_environment(s, &common, diag);
        if (r < 0)
                return r;

        for (size_t i = 0; i < s->n_apps; i++) {
                r = add_app(m, s, &s->apps[i], &images[i], diag);
                if (r < 0)
                        return r;

                App *app = m->apps[i].app;
                r = spec_app_environment(s, &s->apps[i], common, parent_env, &app->environment, diag);
                if (r < 0)
                        return diag_is_set(diag) ? diag_wrap(diag, r, "app \"%s\"", m->apps[i].name) : r;
        }

        return 0;
}

int pod_spec_to_manifest(const PodSpec *s, const SpecImage *images, char *const *parent_env,
                         PodManifest **ret, Diag *diag) {
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL;

        int r = pod_manifest_new(&m);
        if (r >= 0)
                r = add_volumes(m, s, diag);
        if (r >= 0)
                r = add_apps(m, s, images, parent_env, diag);
        if (r >= 0)
                r = name_value_list_set(&m->annotations, ANNOTATION_POD_MUTABLE, "false");
        if (r >= 0)
                r = add_annotations(&m->annotations, s->annotations, diag);
        if (r >= 0)
                r = pod_manifest_complete(m, images, diag);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(m);
        return 0;
}
