/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/path-util.h"
#include "pod/spec-internal.h"

/* What holds a pod manifest together, whoever wrote it: unique names, mounts that have a volume, an app
 * for every image. And what the specification leaves to whoever runs it: mount points without a volume get
 * an empty one that lasts as long as the pod. It is written down in the manifest, so that nothing after
 * this has to know the rule. */

/* Names become file names and, with something around them, unit names. */
#define VOLUME_NAME_MAX 240

#define IMPLICIT_VOLUME_MODE 0755

static int check_name(const PodManifest *m, size_t i, Diag *diag) {
        const char *name = m->apps[i].name;

        if (!ac_name_is_valid(name) || strlen(name) > APP_NAME_MAX) {
                _cleanup_free_ char *escaped = string_escape(name);

                diag_set(diag, -EINVAL, "invalid app name \"%s\"", strempty(escaped));
                return diag_hint(diag, -EINVAL,
                                 "an app name is made of a-z, 0-9 and \"-\", at most %d of them",
                                 APP_NAME_MAX);
        }

        for (size_t j = 0; j < i; j++)
                if (streq(m->apps[j].name, name)) {
                        diag_set(diag, -EINVAL, "multiple apps with name %s", name);
                        return diag_hint(diag, -EINVAL, "name them with --name, or Name= in a pod file");
                }

        return 0;
}

static int check_volumes(const PodManifest *m, Diag *diag) {
        for (size_t i = 0; i < m->n_volumes; i++) {
                const char *name = m->volumes[i].name;

                if (!ac_name_is_valid(name) || strlen(name) > VOLUME_NAME_MAX)
                        return diag_set(diag, -EINVAL, "invalid volume name \"%s\"", name);
                for (size_t j = 0; j < i; j++)
                        if (streq(m->volumes[j].name, name))
                                return diag_set(diag, -EINVAL, "duplicate volume name \"%s\"", name);
        }

        return 0;
}

static int check_mounts(const PodManifest *m, const RuntimeApp *app, Diag *diag) {
        for (size_t i = 0; i < app->n_mounts; i++) {
                const Mount *mount = &app->mounts[i];

                if (!mount->app_volume && !pod_manifest_find_volume(m, mount->volume))
                        return diag_set(diag, -EINVAL, "dangling mount point \"%s\": volume \"%s\" not found",
                                        mount->path, mount->volume);
        }

        return 0;
}

/* after, requires: only apps of this pod can be meant, and not the app itself. */
static int check_order(const PodManifest *m, const RuntimeApp *app, Diag *diag) {
        static const struct {
                const char *annotation, *key;
        } keys[] = {
                { ANNOTATION_UNIT_AFTER, "After" },
                { ANNOTATION_UNIT_REQUIRES, "Requires" },
        };

        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                const char *value = name_value_list_get(&app->annotations, keys[i].annotation);
                _cleanup_strv_free_ char **names = NULL;

                int r = value ? strv_split(value, " ", &names) : 0;
                if (r < 0)
                        return r;
                STRV_FOREACH(name, names)
                        if (streq(*name, app->name) || !pod_manifest_find_app(m, *name))
                                return diag_set(diag, -EINVAL,
                                                "app \"%s\": %s=%s names no other app of the pod", app->name,
                                                keys[i].key, *name);
        }

        return 0;
}

static int fill_image(RuntimeApp *app, const SpecImage *image) {
        if (!app->image_name) {
                app->image_name = strdup(image->manifest->name);
                if (!app->image_name)
                        return -ENOMEM;
        }
        if (app->image_labels.n > 0)
                return 0;

        return name_value_list_copy(&image->manifest->labels, &app->image_labels);
}

bool mount_path_equal(const char *a, const char *b) {
        for (;;) {
                a += strspn(a, "/");
                b += strspn(b, "/");

                size_t n = strcspn(a, "/");
                if (n != strcspn(b, "/") || strncmp(a, b, n) != 0)
                        return false;
                if (n == 0)
                        return true;
                a += n;
                b += n;
        }
}

static bool is_mounted(const PodManifest *m, const RuntimeApp *app, const MountPoint *point) {
        for (size_t i = 0; i < app->n_mounts; i++)
                if (mount_path_equal(app->mounts[i].path, point->path))
                        return true;

        return pod_manifest_find_volume(m, point->name);
}

static int implicit_volume_name(const PodManifest *m, const RuntimeApp *app, const MountPoint *point,
                                char **ret, Diag *diag) {
        _cleanup_free_ char *name = strjoin(app->name, "-", point->name, NULL);

        for (unsigned i = 2; name && pod_manifest_find_volume(m, name); i++) {
                free(name);
                name = xasprintf("%s-%s-%u", app->name, point->name, i);
        }
        if (!name)
                return -ENOMEM;
        if (strlen(name) > VOLUME_NAME_MAX)
                return diag_set(diag, -EINVAL, "app \"%s\": the name of mount point \"%s\" is too long",
                                app->name, point->name);

        *ret = TAKE_PTR(name);
        return 0;
}

static int add_implicit_volume(PodManifest *m, RuntimeApp *app, const MountPoint *point, Diag *diag) {
        _cleanup_free_ char *name = NULL;

        int r = implicit_volume_name(m, app, point, &name, diag);
        if (r < 0)
                return r;

        Mount *mount = runtime_app_add_mount(app);
        if (!mount)
                return -ENOMEM;
        mount->read_only = -1;
        mount->volume = strdup(name);
        mount->path = strdup(point->path);
        if (!mount->volume || !mount->path)
                return -ENOMEM;
        path_simplify(mount->path);

        Volume *volume = pod_manifest_add_volume(m);
        if (!volume)
                return -ENOMEM;
        *volume = (Volume) {
                .name = TAKE_PTR(name),
                .kind = VOLUME_EMPTY,
                .read_only = point->read_only ? 1 : -1,
                .recursive = -1,
                .mode = IMPLICIT_VOLUME_MODE,
                .has_mode = true,
                .has_uid = true,
                .has_gid = true,
        };
        return 0;
}

static int add_implicit_volumes(PodManifest *m, RuntimeApp *app, const SpecImage *image, Diag *diag) {
        const App *a = app->app ?: image->manifest->app;

        for (size_t i = 0; i < a->n_mount_points; i++) {
                if (is_mounted(m, app, &a->mount_points[i]))
                        continue;

                int r = add_implicit_volume(m, app, &a->mount_points[i], diag);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int complete_app(PodManifest *m, size_t i, const SpecImage *image, Diag *diag) {
        RuntimeApp *app = &m->apps[i];

        if (!app->app && !image->manifest->app)
                return diag_set(diag, -EINVAL,
                                "no app section in the pod manifest or the image manifest of app \"%s\"",
                                app->name);

        int r = check_mounts(m, app, diag);
        if (r >= 0)
                r = check_order(m, app, diag);
        if (r >= 0)
                r = fill_image(app, image);
        if (r >= 0)
                r = add_implicit_volumes(m, app, image, diag);

        return r;
}

int pod_manifest_complete(PodManifest *m, const SpecImage *images, Diag *diag) {
        if (m->n_apps == 0)
                return diag_set(diag, -EINVAL, "pod must contain at least one application");

        int r = check_volumes(m, diag);
        for (size_t i = 0; i < m->n_apps && r >= 0; i++)
                r = check_name(m, i, diag);
        for (size_t i = 0; i < m->n_apps && r >= 0; i++)
                r = complete_app(m, i, &images[i], diag);

        return r;
}
