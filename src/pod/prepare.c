/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/path-util.h"
#include "layout/pods.h"
#include "layout/stage1.h"
#include "pod/age.h"
#include "pod/lifecycle.h"
#include "pod/overlay.h"
#include "pod/pod-internal.h"
#include "pod/stage1-image.h"

/* From a wish to a prepared pod, as an ordered list of steps. All that a user can have got wrong is found
 * before the pod's directory is made, so that a mistake leaves nothing behind. From then on, whatever
 * fails leaves a directory in pods/prepare that is unlocked as soon as this process is done with it: a
 * failed prepare, which gc removes.
 *
 * What is written is in no hurry to reach the disk: a pod that was not moved to pods/prepared (which
 * flushes it) is garbage after a power cut whatever there is of it. The manifest is written last but one,
 * since it is what others look for; the time of creation last of all. */

#define DIR_MODE 0755

typedef struct Prepare {
        const PodContext *context;
        const PrepareArgs *args;
        char *stage1_id;
        char **ids;               /* strv, one an app */
        ImageManifest **manifests; /* one an app */
        SpecImage *images;
        size_t n_apps;
        PodManifest *manifest;
        char *manifest_text;
        int trees_lock_fd;
        int *image_lock_fds;      /* one an app, then stage1's */
        bool overlay;
        Pod *pod;
} Prepare;

static void prepare_done(Prepare *p) {
        for (size_t i = 0; i < p->n_apps && p->manifests; i++)
                image_manifest_free(p->manifests[i]);
        for (size_t i = 0; i <= p->n_apps && p->image_lock_fds; i++)
                safe_close(p->image_lock_fds[i]);
        free(p->manifests);
        free(p->image_lock_fds);
        free(p->images);
        free(p->stage1_id);
        strv_free(p->ids);
        pod_manifest_free(p->manifest);
        free(p->manifest_text);
        safe_close(p->trees_lock_fd);
        pod_close(p->pod);
}

static int resolve_stage1(Prepare *p, Diag *diag) {
        return stage1_image_resolve(p->context, p->args->spec->stage1, p->args->fetch, &p->stage1_id, diag);
}

static int read_pod_manifest(Prepare *p, Diag *diag) {
        const char *path = p->args->spec->pod_manifest;
        _cleanup_free_ char *text = NULL;
        size_t size;

        _cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        int r = fd < 0 ? -errno : fd_read_all(fd, POD_MANIFEST_MAX, &text, &size);
        if (r < 0)
                return diag_errno(diag, r, "error reading pod manifest \"%s\"", path);

        return pod_manifest_parse(path, text, size, &p->manifest, diag);
}

static int resolve_manifest_image(Prepare *p, RuntimeApp *app, Diag *diag) {
        _cleanup_free_ char *id = NULL;

        if (isempty(app->image_id))
                return diag_set(diag, -EINVAL, "no image ID for app \"%s\"", app->name);

        int r = image_store_resolve_id(p->context->store, app->image_id, &id, diag);
        if (r < 0)
                return diag_wrap(diag, r, "error getting the image of app \"%s\" from the store", app->name);

        free(app->image_id);
        app->image_id = strdup(id);
        return app->image_id ? strv_consume(&p->ids, TAKE_PTR(id)) : -ENOMEM;
}

static int fetch_image(Prepare *p, const AppSpec *a, Diag *diag) {
        _cleanup_(image_ref_done) ImageRef ref = {};
        FetchArgs fetch = *p->args->fetch;
        char *id = NULL;

        int r = image_ref_parse(a->image, &ref, diag);
        if (r < 0)
                return r;

        fetch.signature = a->signature;
        r = image_fetch(p->context->store, &ref, &fetch, &id, diag);
        return r < 0 ? r : strv_consume(&p->ids, id);
}

static int resolve_images(Prepare *p, Diag *diag) {
        const PodSpec *s = p->args->spec;
        int r = 0;

        if (s->pod_manifest) {
                r = read_pod_manifest(p, diag);
                for (size_t i = 0; r >= 0 && i < p->manifest->n_apps; i++)
                        r = resolve_manifest_image(p, &p->manifest->apps[i], diag);
        } else if (p->args->image_ids)
                r = strv_extend_strv(&p->ids, p->args->image_ids);
        else
                for (size_t i = 0; r >= 0 && i < s->n_apps; i++)
                        r = fetch_image(p, &s->apps[i], diag);
        if (r < 0)
                return r;

        p->n_apps = strv_length(p->ids);
        if (!s->pod_manifest && p->n_apps != s->n_apps)
                return diag_set(diag, -EINVAL, "%zu images for %zu apps", p->n_apps, s->n_apps);
        if (p->n_apps == 0)
                return diag_set(diag, -EINVAL, "pod must contain at least one application");

        return 0;
}

/* From here on nobody removes the images: not gc, which asks pods what they use, nor "image rm". */
static int lock_images(Prepare *p, Diag *diag) {
        int r = pods_lock_trees(p->context->data_dir_fd, LOCK_SHARED, &p->trees_lock_fd);
        if (r < 0)
                return diag_errno(diag, r, "cannot lock the images");

        p->image_lock_fds = reallocarray(NULL, p->n_apps + 1, sizeof(int));
        if (!p->image_lock_fds)
                return -ENOMEM;
        for (size_t i = 0; i <= p->n_apps; i++)
                p->image_lock_fds[i] = -EBADF;

        for (size_t i = 0; i <= p->n_apps; i++) {
                const char *id = i < p->n_apps ? p->ids[i] : p->stage1_id;

                r = image_store_lock_tree(p->context->store, id, &p->image_lock_fds[i]);
                if (r < 0)
                        return diag_errno(diag, r, "cannot lock image %s", id);
        }

        return 0;
}

static int render_image(Prepare *p, const char *id, Diag *diag) {
        int r = image_store_tree_is_rendered(p->context->store, id);
        if (r < 0)
                return diag_errno(diag, r, "cannot look for the tree of image %s", id);
        if (r == 0) {
                r = image_render_tree(p->context->store, id, diag);
                if (r < 0)
                        return diag_wrap(diag, r, "error rendering image %s", id);
        }

        (void) image_store_touch(p->context->store, id);
        return 0;
}

static int render_images(Prepare *p, Diag *diag) {
        for (size_t i = 0; i < p->n_apps; i++) {
                int r = render_image(p, p->ids[i], diag);
                if (r < 0)
                        return r;
        }

        return render_image(p, p->stage1_id, diag);
}

static int load_manifests(Prepare *p, Diag *diag) {
        p->manifests = calloc(p->n_apps, sizeof(*p->manifests));
        p->images = calloc(p->n_apps, sizeof(*p->images));
        if (!p->manifests || !p->images)
                return -ENOMEM;

        for (size_t i = 0; i < p->n_apps; i++) {
                int r = image_store_load_manifest(p->context->store, p->ids[i], &p->manifests[i], diag);
                if (r < 0)
                        return diag_wrap(diag, r, "error getting the manifest of image %s", p->ids[i]);

                r = image_manifest_check_platform(p->manifests[i], diag);
                if (r < 0)
                        return diag_wrap(diag, r, "error preparing image %s", p->ids[i]);
                p->images[i] = (SpecImage) { .id = p->ids[i], .manifest = p->manifests[i] };
        }

        return 0;
}

static void notify_implicit_volumes(Prepare *p, size_t n_given) {
        for (size_t i = n_given; i < p->manifest->n_volumes && p->context->notify; i++) {
                _cleanup_free_ char *text =
                        xasprintf("no volume given for a mount point, using empty volume \"%s\", "
                                  "which is removed with the pod",
                                  p->manifest->volumes[i].name);
                if (text)
                        p->context->notify(text, p->context->userdata);
        }
}

static int make_manifest(Prepare *p, Diag *diag) {
        size_t n_given = p->manifest ? p->manifest->n_volumes : strv_length(p->args->spec->volumes);

        int r = p->manifest ? pod_manifest_complete(p->manifest, p->images, diag)
                            : pod_spec_to_manifest(p->args->spec, p->images, environ, &p->manifest, diag);
        if (r < 0)
                return r;

        notify_implicit_volumes(p, n_given);
        return 0;
}

/* Whatever reads it later must understand it: better to find out now that it will not. */
static int format_manifest(Prepare *p, Diag *diag) {
        _cleanup_(pod_manifest_freep) PodManifest *again = NULL;

        int r = pod_manifest_format(p->manifest, /* pretty= */ false, &p->manifest_text);
        if (r < 0)
                return diag_errno(diag, r, "cannot format the pod manifest");

        r = pod_manifest_parse(POD_MANIFEST_FILE, p->manifest_text, strlen(p->manifest_text), &again, diag);
        return r < 0 ? diag_wrap(diag, r, "this makes no valid pod manifest") : 0;
}

static int decide_overlay(Prepare *p, Diag *diag) {
        _cleanup_diag_ Diag why = {};

        if (p->args->spec->no_overlay)
                return 0;

        int r = pods_support_overlay(p->context, &why);
        if (r < 0)
                return diag_is_set(&why)
                               ? diag_set(diag, r, "error determining overlay support: %s", why.message)
                               : diag_errno(diag, r, "error determining overlay support");

        p->overlay = r > 0;
        if (!p->overlay && p->context->notify) {
                _cleanup_free_ char *reason = diag_format_line(&why);
                _cleanup_free_ char *text = xasprintf("disabling overlay support: \"%s\"", strempty(reason));
                if (text)
                        p->context->notify(text, p->context->userdata);
        }

        return 0;
}

static int new_pod(Prepare *p, Diag *diag) {
        int r = pod_new(p->context->data_dir_fd, &p->pod, diag);
        return r < 0 ? diag_wrap(diag, r, "error creating new pod") : 0;
}

static int write_error(const Prepare *p, int error, const char *file, Diag *diag) {
        return diag_errno(diag, error, "cannot write \"%s\" of pod \"%s\"", file, pod_uuid(p->pod));
}

static int write_file(const Prepare *p, const char *file, const char *text, size_t size, Diag *diag) {
        int r = pod_write_new(pod_fd(p->pod), file, text, size);
        return r < 0 ? write_error(p, r, file, diag) : 0;
}

/* --no-overlay: the tree becomes part of the pod. */
static int copy_tree(const Prepare *p, const char *id, const char *dir, Diag *diag) {
        _cleanup_close_ int from = -EBADF;
        struct stat st;

        _cleanup_close_ int to = openat(pod_fd(p->pod), dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (to < 0)
                return write_error(p, -errno, dir, diag);

        int r = image_copy_tree(p->context->store, id, to, diag);
        if (r < 0)
                return diag_wrap(diag, r, "error copying image %s", id);

        /* The root of the tree itself: apps other than root need to get in. */
        r = image_store_open_tree(p->context->store, id, &from);
        if (r < 0)
                return diag_errno(diag, r, "cannot open the tree of image %s", id);
        if (fstat(from, &st) < 0 || fchown(to, st.st_uid, st.st_gid) < 0 ||
            fchmod(to, st.st_mode & 07777) < 0)
                return write_error(p, -errno, dir, diag);

        return 0;
}

static int write_image_manifest(const Prepare *p, const char *id, const char *file, Diag *diag) {
        _cleanup_free_ char *text = NULL;
        size_t size;

        int r = image_store_read_manifest_text(p->context->store, id, &text, &size, diag);
        if (r < 0)
                return r;

        return write_file(p, file, text, size, diag);
}

static int write_stage1(Prepare *p, Diag *diag) {
        int r = mkdir_p_at(pod_fd(p->pod), POD_STAGE1_ROOTFS, DIR_MODE);
        if (r < 0)
                return write_error(p, r, POD_STAGE1_ROOTFS, diag);

        r = write_image_manifest(p, p->stage1_id, POD_STAGE1_MANIFEST, diag);
        if (r >= 0)
                r = write_file(p, POD_STAGE1_TREE_FILE, p->stage1_id, strlen(p->stage1_id), diag);
        if (r >= 0 && !p->overlay)
                r = copy_tree(p, p->stage1_id, POD_STAGE1_ROOTFS, diag);

        return r;
}

static int write_app_info(const Prepare *p, const RuntimeApp *app, Diag *diag) {
        _cleanup_free_ char *dir = path_join(POD_APPSINFO_DIR, app->name);
        _cleanup_free_ char *manifest = dir ? path_join(dir, POD_APPINFO_MANIFEST) : NULL;
        _cleanup_free_ char *tree = dir ? path_join(dir, POD_APPINFO_TREE) : NULL;

        if (!manifest || !tree)
                return -ENOMEM;

        int r = mkdir_p_at(pod_fd(p->pod), dir, DIR_MODE);
        if (r < 0)
                return write_error(p, r, dir, diag);
        r = write_image_manifest(p, app->image_id, manifest, diag);
        if (r >= 0 && p->overlay)
                r = write_file(p, tree, app->image_id, strlen(app->image_id), diag);

        return r;
}

static int write_apps(Prepare *p, Diag *diag) {
        for (size_t i = 0; i < p->manifest->n_apps; i++) {
                const RuntimeApp *app = &p->manifest->apps[i];
                _cleanup_free_ char *rootfs = xasprintf("%s/%s/%s/rootfs", POD_STAGE1_ROOTFS, STAGE1_APPS_DIR,
                                                        app->name);
                if (!rootfs)
                        return -ENOMEM;

                int r = write_app_info(p, app, diag);
                if (r < 0)
                        return r;
                if (p->overlay)
                        continue;

                r = mkdir_p_at(pod_fd(p->pod), rootfs, DIR_MODE);
                if (r < 0)
                        return write_error(p, r, rootfs, diag);
                r = copy_tree(p, app->image_id, rootfs, diag);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int write_manifest(Prepare *p, Diag *diag) {
        return write_file(p, POD_MANIFEST_FILE, p->manifest_text, strlen(p->manifest_text), diag);
}

static int write_marks(Prepare *p, Diag *diag) {
        char stamp[STAMP_MAX];

        if (p->overlay) {
                int r = write_file(p, POD_OVERLAY_MARK, "", 0, diag);
                if (r < 0)
                        return r;
        }

        int n = stamp_now(stamp);
        if (n < 0)
                return diag_errno(diag, n, "cannot read the boot id");

        return write_file(p, POD_CREATED_FILE, stamp, (size_t) n, diag);
}

static int (*const steps[])(Prepare *p, Diag *diag) = {
        resolve_images,
        resolve_stage1,
        lock_images,
        render_images,
        load_manifests,
        make_manifest,
        format_manifest,
        decide_overlay,
        new_pod,
        write_stage1,
        write_apps,
        write_manifest,
        write_marks,
};

int pod_prepare(const PodContext *c, const PrepareArgs *a, Pod **ret, Diag *diag) {
        _cleanup_(prepare_done) Prepare p = {
                .context = c,
                .args = a,
                .trees_lock_fd = -EBADF,
        };

        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                int r = steps[i](&p, diag);
                if (r < 0)
                        return r;
        }

        *ret = TAKE_PTR(p.pod);
        return 0;
}
