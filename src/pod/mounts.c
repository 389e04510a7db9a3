/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/mount-util.h"
#include "basic/path-util.h"
#include "layout/pods.h"
#include "layout/stage1.h"
#include "pod/mounts.h"
#include "pod/pod-internal.h"

/* Each tree of the store is the lower directory of one overlay mount a use of it; what is written goes to
 * overlay/TREE/upper/NAME in the pod's directory, with NAME the app's, or "stage1". stage1 comes first,
 * since the apps are mounted inside it.
 *
 * The mounts stay when the pod has exited: its files can be looked at until gc or rm takes it away. They
 * are made in the host's namespace, so that this works from anywhere. */

#define DIR_MODE 0755

typedef struct Layer {
        const char *tree;   /* image id */
        const char *name;   /* of upper and work directory */
        const char *target; /* relative to the pod's directory */
} Layer;

static int make_layer_dir(const Pod *p, const char *path, const struct stat *like) {
        char *slash = strrchr(path, '/');
        _cleanup_free_ char *parent = strndup(path, (size_t) (slash - path));

        if (!parent)
                return -ENOMEM;
        int r = mkdir_p_at(p->fd, parent, DIR_MODE);
        if (r < 0)
                return r;
        if (mkdirat(p->fd, path, 0700) < 0)
                return -errno;
        if (!like)
                return 0;

        /* What the app sees as "/" is the upper directory. */
        _cleanup_close_ int fd = openat(p->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || fchown(fd, like->st_uid, like->st_gid) < 0 || fchmod(fd, like->st_mode & 07777) < 0)
                return -errno;

        return 0;
}

static int mount_layer_at(const PodContext *c, const Pod *p, const Layer *l, Diag *diag) {
        _cleanup_free_ char *base = pod_absolute_path(c->paths->data_dir, p);
        _cleanup_free_ char *lower = xasprintf("%s/%s/%s/rootfs", c->paths->data_dir, CAS_TREE_DIR, l->tree);
        _cleanup_free_ char *upper =
                base ? xasprintf("%s/%s/%s/upper/%s", base, POD_OVERLAY_DIR, l->tree, l->name) : NULL;
        _cleanup_free_ char *work =
                base ? xasprintf("%s/%s/%s/work/%s", base, POD_OVERLAY_DIR, l->tree, l->name) : NULL;

        if (!lower || !upper || !work)
                return -ENOMEM;

        _cleanup_close_ int target = openat(p->fd, l->target, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (target < 0)
                return diag_errno(diag, -errno, "cannot open \"%s\" of pod \"%s\"", l->target, p->uuid);

        const OverlayMount mount = {
                .lower_dirs = (char *const[]) { lower, NULL },
                .upper_dir = upper,
                .work_dir = work,
        };
        return mount_overlay(target, &mount, diag);
}

/* A tree may have been dropped since the pod was prepared, or a power cut have made it untrustworthy. */
static int open_tree(const PodContext *c, const char *id, int *ret_fd, Diag *diag) {
        int r = image_store_tree_is_rendered(c->store, id);
        if (r == 0) {
                r = image_render_tree(c->store, id, diag);
                if (r < 0)
                        return diag_wrap(diag, r, "error rendering image %s", id);
        }

        r = image_store_open_tree(c->store, id, ret_fd);
        return r < 0 ? diag_errno(diag, r, "cannot open the tree of image %s", id) : 0;
}

static int mount_layer(const PodContext *c, const Pod *p, const Layer *l, Diag *diag) {
        _cleanup_free_ char *upper = xasprintf("%s/%s/upper/%s", POD_OVERLAY_DIR, l->tree, l->name);
        _cleanup_free_ char *work = xasprintf("%s/%s/work/%s", POD_OVERLAY_DIR, l->tree, l->name);
        _cleanup_close_ int tree = -EBADF;
        struct stat st;

        if (!upper || !work)
                return -ENOMEM;

        int r = open_tree(c, l->tree, &tree, diag);
        if (r < 0)
                return r;

        r = fstat(tree, &st) < 0 ? -errno : make_layer_dir(p, upper, &st);
        if (r >= 0)
                r = make_layer_dir(p, work, NULL);
        if (r < 0)
                return diag_errno(diag, r, "cannot prepare overlay directories for \"%s\" of pod \"%s\"",
                                  l->name, p->uuid);

        r = mkdir_p_at(p->fd, l->target, DIR_MODE);
        if (r < 0)
                return diag_errno(diag, r, "cannot create \"%s\" of pod \"%s\"", l->target, p->uuid);

        return mount_layer_at(c, p, l, diag);
}

static int read_tree_id(const Pod *p, const char *file, char **ret, Diag *diag) {
        _cleanup_free_ char *id = NULL;

        int r = pod_read_word(p, file, &id);
        if (r < 0)
                return diag_errno(diag, r, "cannot read \"%s\" of pod \"%s\"", file, p->uuid);
        if (!image_id_is_valid(id))
                return diag_set(diag, -EBADMSG, "\"%s\" of pod \"%s\" holds no image id", file, p->uuid);

        *ret = TAKE_PTR(id);
        return 0;
}

static int mount_stage1_layer(const PodContext *c, const Pod *p, Diag *diag) {
        _cleanup_free_ char *tree = NULL;

        int r = read_tree_id(p, POD_STAGE1_TREE_FILE, &tree, diag);
        if (r < 0)
                return r;

        return mount_layer(
                c, p, &(Layer){ .tree = tree, .name = POD_STAGE1_LAYER, .target = POD_STAGE1_ROOTFS }, diag);
}

static char *app_rootfs(const char *app) {
        return xasprintf("%s/%s/%s/rootfs", POD_STAGE1_ROOTFS, STAGE1_APPS_DIR, app);
}

static int mount_app_layer(const PodContext *c, const Pod *p, const char *app, Diag *diag) {
        _cleanup_free_ char *file = xasprintf("%s/%s/%s", POD_APPSINFO_DIR, app, POD_APPINFO_TREE);
        _cleanup_free_ char *target = app_rootfs(app), *tree = NULL;

        if (!file || !target)
                return -ENOMEM;

        int r = read_tree_id(p, file, &tree, diag);
        if (r < 0)
                return r;

        return mount_layer(c, p, &(Layer) { .tree = tree, .name = app, .target = target }, diag);
}

/* What stage1 writes below rkt/ is looked for in the upper directory, and watched there before it is
 * written: the directories must be there, not only in the tree below. */
static int copy_up_status_dirs(const Pod *p) {
        static const char *const dirs[] = {
                POD_STAGE1_ROOTFS "/rkt",
                POD_STAGE1_ROOTFS "/" STAGE1_STATUS_DIR,
        };

        int r = mkdir_p_at(p->fd, POD_STAGE1_ROOTFS "/" STAGE1_STATUS_DIR, DIR_MODE);
        for (size_t i = 0; i < ELEMENTSOF(dirs) && r >= 0; i++)
                if (utimensat(p->fd, dirs[i], NULL, AT_SYMLINK_NOFOLLOW) < 0)
                        r = -errno;

        return r;
}

/* Old programs look for mounts in /etc/mtab. An image with an /etc of its own and no such file gets one. */
static int make_mtab(const Pod *p, const char *app) {
        _cleanup_free_ char *rootfs = app_rootfs(app);

        if (!rootfs)
                return -ENOMEM;

        _cleanup_close_ int root = openat(p->fd, rootfs, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (root < 0)
                return -errno;
        _cleanup_close_ int etc = open_in_root(root, "etc", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        if (etc < 0)
                return etc == -ENOENT || etc == -ENOTDIR || etc == -ELOOP ? 0 : etc;

        return symlinkat("../proc/self/mounts", etc, "mtab") < 0 && errno != EEXIST ? -errno : 0;
}

static int make_volume(const Pod *p, const Volume *v, Diag *diag) {
        _cleanup_free_ char *path = path_join(POD_VOLUMES_DIR, v->name);

        if (v->kind != VOLUME_EMPTY)
                return 0;
        if (!path)
                return -ENOMEM;

        int r = mkdir_p_at(p->fd, path, DIR_MODE);
        if (r < 0)
                return diag_errno(diag, r, "cannot create volume \"%s\"", v->name);

        _cleanup_close_ int fd = openat(p->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        /* The owner first: a change of owner takes away bits of the mode. */
        if (fd < 0 || fchown(fd, v->has_uid ? v->uid : 0, v->has_gid ? v->gid : 0) < 0 ||
            fchmod(fd, v->has_mode ? v->mode : DIR_MODE) < 0)
                return diag_errno(diag, -errno, "cannot set owner and mode of volume \"%s\"", v->name);

        return 0;
}

static int make_app_volumes(const Pod *p, const RuntimeApp *app, Diag *diag) {
        for (size_t i = 0; i < app->n_mounts; i++)
                if (app->mounts[i].app_volume) {
                        int r = make_volume(p, app->mounts[i].app_volume, diag);
                        if (r < 0)
                                return r;
                }

        return 0;
}

static int mount_all(const PodContext *c, const Pod *p, const PodManifest *m, Diag *diag) {
        int overlay = pod_uses_overlay(p);
        if (overlay < 0)
                return diag_errno(diag, overlay, "cannot look into pod \"%s\"", p->uuid);

        int r = overlay ? mount_stage1_layer(c, p, diag) : 0;
        if (r < 0)
                return r;
        r = copy_up_status_dirs(p);
        if (r < 0)
                return diag_errno(diag, r, "cannot create \"%s\" of pod \"%s\"", STAGE1_STATUS_DIR, p->uuid);

        for (size_t i = 0; i < m->n_apps; i++) {
                const RuntimeApp *app = &m->apps[i];

                r = overlay ? mount_app_layer(c, p, app->name, diag) : 0;
                if (r < 0)
                        return diag_wrap(diag, r, "error setting up app \"%s\"", app->name);
                r = make_mtab(p, app->name);
                if (r < 0)
                        return diag_errno(diag, r, "cannot create /etc/mtab of app \"%s\"", app->name);
                r = make_app_volumes(p, app, diag);
                if (r < 0)
                        return r;
        }

        for (size_t i = 0; i < m->n_volumes && r >= 0; i++)
                r = make_volume(p, &m->volumes[i], diag);

        return r;
}

int pod_mount(const PodContext *c, const Pod *p, const PodManifest *m, Diag *diag) {
        int r = mount_all(c, p, m, diag);
        if (r < 0)
                (void) pod_unmount(p);

        return r;
}

int pod_mount_stage1(const PodContext *c, const Pod *p, Diag *diag) {
        _cleanup_free_ char *tree = NULL;

        int r = pod_uses_overlay(p);
        if (r <= 0)
                return r;
        r = path_is_mount_point(p->fd, POD_STAGE1_ROOTFS);
        if (r != 0)
                return r < 0 ? r : 0;

        r = read_tree_id(p, POD_STAGE1_TREE_FILE, &tree, diag);
        if (r < 0)
                return r;

        return mount_layer_at(
                c, p, &(Layer){ .tree = tree, .name = POD_STAGE1_LAYER, .target = POD_STAGE1_ROOTFS }, diag);
}

int pod_unmount(const Pod *p) {
        return umount_at(p->fd, POD_STAGE1_ROOTFS);
}

int pod_unmount_foreign(const PodContext *c, const Pod *p) {
        _cleanup_free_ char *path = pod_absolute_path(c->paths->data_dir, p);

        return path ? umount_recursive(path) : -ENOMEM;
}
