/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "basic/path-util.h"
#include "image/store-internal.h"
#include "layout/pods.h"

/* Removal, one image at a time under its lock: index entry (then the image is gone for everybody), tree,
 * blob. Killed in between it leaves a tree or a blob without index entry, and those are what gc looks for.
 * An image that somebody has locked, because he is publishing or rendering it, is left alone until the
 * next time. */

static const char *const pod_dirs[] = {
        PODS_EMBRYO_DIR, PODS_PREPARE_DIR,        PODS_PREPARED_DIR,
        PODS_RUN_DIR,    PODS_EXITED_GARBAGE_DIR, PODS_GARBAGE_DIR,
};

#define TREE_ID_FILE_MAX 1024

static int add_tree_id(int dir_fd, const char *path, char ***ids) {
        _cleanup_free_ char *text = NULL;
        int r;

        r = file_read_at(dir_fd, path, TREE_ID_FILE_MAX, &text, NULL);
        if (r == -ENOENT || r == -ENOTDIR)
                return 0;
        if (r < 0)
                return r;

        const char *id = strstrip(text);
        if (!image_id_is_valid(id) || strv_contains(*ids, id))
                return 0;

        return strv_extend(ids, id);
}

static int add_app_tree(int dir_fd, const char *name, unsigned char type, void *userdata) {
        _cleanup_free_ char *path = strjoin(name, "/" POD_APPINFO_TREE, NULL);

        return path ? add_tree_id(dir_fd, path, userdata) : -ENOMEM;
}

static int add_pod_trees(int dir_fd, const char *name, unsigned char type, void *userdata) {
        _cleanup_close_ int pod_fd = -EBADF, apps_fd = -EBADF;
        int r;

        if (type != DT_DIR)
                return 0;

        pod_fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (pod_fd < 0) /* moved on meanwhile; then it is seen in the next directory, or in none */
                return errno == ENOENT ? 0 : -errno;

        r = add_tree_id(pod_fd, POD_STAGE1_TREE_FILE, userdata);
        if (r < 0)
                return r;

        apps_fd = openat(pod_fd, POD_APPSINFO_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (apps_fd < 0)
                return errno == ENOENT ? 0 : -errno;

        return dir_foreach(apps_fd, add_app_tree, userdata);
}

/* Pods only ever move forward through these directories, so a walk in the same order misses none. */
int store_trees_in_use(ImageStore *s, char ***ret) {
        _cleanup_strv_free_ char **ids = NULL;
        int r;

        for (size_t i = 0; i < ELEMENTSOF(pod_dirs); i++) {
                _cleanup_close_ int fd = -EBADF;

                fd = open_beneath(s->data_fd, pod_dirs[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
                if (fd == -ENOENT)
                        continue;
                if (fd < 0)
                        return fd;

                r = dir_foreach(fd, add_pod_trees, &ids);
                if (r < 0)
                        return r;
        }

        *ret = TAKE_PTR(ids);
        return 0;
}

static int remove_blob(ImageStore *s, const char *id) {
        _cleanup_free_ char *path = NULL;
        int r;

        r = store_blob_path(s, id, /* make_dir= */ false, &path);
        if (r < 0)
                return r;

        return unlinkat(s->cas_fd, path, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* With the image's lock held. A tree in use stays, without its image, until gc finds it unused. */
static int remove_image(ImageStore *s, const char *id, bool keep_tree, Diag *diag) {
        int r;

        r = index_remove(s, id);
        if (r < 0)
                return diag_errno(diag, r, "cannot remove the index entry of image \"%s\"", id);

        if (!keep_tree) {
                r = tree_discard(s, id);
                if (r < 0 && r != -EBUSY)
                        return diag_errno(diag, r, "cannot remove the tree of image \"%s\"", id);
        }

        r = remove_blob(s, id);
        if (r < 0)
                return diag_errno(diag, r, "cannot remove the blob of image \"%s\"", id);

        return 0;
}

int image_store_remove(ImageStore *s, const char *id, Diag *diag) {
        _cleanup_strv_free_ char **in_use = NULL;
        _cleanup_close_ int lock_fd = -EBADF;
        _cleanup_(image_info_done) ImageInfo info = {};
        int r;

        r = store_lock_image(s, id, /* wait= */ true, &lock_fd);
        if (r < 0)
                return diag_errno(diag, r, "cannot lock image \"%s\"", id);

        r = image_store_get(s, id, &info, diag);
        if (r < 0)
                return r;

        r = store_trees_in_use(s, &in_use);
        if (r < 0)
                return diag_errno(diag, r, "cannot find out which pods use image \"%s\"", id);

        return remove_image(s, id, strv_contains(in_use, id), diag);
}

typedef struct Gc {
        ImageStore *store;
        char *const *in_use;
        usec_t grace, now, boot_now;
        const ImageGcEvents *events;
        size_t removed;
        int error; /* the first; one failure does not stop the rest */
        Diag *diag;
} Gc;

static void gc_failed(Gc *g, int error, const char *what, const char *name) {
        if (error < 0 && g->error == 0)
                g->error = diag_errno(g->diag, error, "cannot %s \"%s\"", what, name);
}

/* How long it was not used. Steps of the clock must not make a young image old: nothing has been unused
 * for longer than it exists, and within one boot the monotonic clock knows how long that is. */
static usec_t unused_for(const Gc *g, const IndexEntry *e) {
        usec_t age = g->now > e->info.last_used ? g->now - e->info.last_used : 0;
        const char *boot;

        if (store_boot_id(g->store, &boot) >= 0 && streq_ptr(boot, e->boot) && g->boot_now >= e->boot_time)
                age = MIN(age, g->boot_now - e->boot_time);

        return age;
}

/* e: NULL without image. 1: the tree is gone. */
static int gc_tree(Gc *g, const char *id, IndexEntry *e) {
        bool keep = g->events && g->events->keep_trees;
        int state = tree_mark_state(g->store, id), r;

        if (e && keep && state >= 0)
                return 0;

        r = tree_discard(g->store, id);
        if (r <= 0) {
                gc_failed(g, r == -EBUSY ? 0 : r, "remove the tree of image", id);
                return 0;
        }

        if (g->events && g->events->removed_tree)
                g->events->removed_tree(id, g->events->userdata);

        if (e && e->info.tree_size > 0) {
                e->info.tree_size = 0;
                r = index_write(g->store, e, /* keep_time= */ true);
                gc_failed(g, r, "update the index entry of image", id);
        }

        return 1;
}

static void gc_image(Gc *g, const char *id, const IndexEntry *e) {
        int r;

        r = remove_image(g->store, id, /* keep_tree= */ true, /* diag= */ NULL);
        if (r < 0)
                return gc_failed(g, r, "remove image", id);

        g->removed++;
        if (g->events && g->events->removed_image)
                g->events->removed_image(id, e->info.name, g->events->userdata);
}

static void gc_remains(Gc *g, const char *id) {
        _cleanup_free_ char *lock = path_join(CAS_LOCK_DIR, id);

        gc_failed(g, index_remove(g->store, id), "remove the index entry of image", id);
        gc_failed(g, remove_blob(g->store, id), "remove the blob of image", id);

        if (lock && unlinkat(g->store->data_fd, lock, 0) < 0 && errno != ENOENT)
                gc_failed(g, -errno, "remove the lock file of image", id);
}

static void gc_id(Gc *g, const char *id) {
        _cleanup_(index_entry_done) IndexEntry e = {};
        _cleanup_close_ int lock_fd = -EBADF;
        bool in_use = strv_contains(g->in_use, id), exists, expired;
        int r;

        r = store_lock_image(g->store, id, /* wait= */ false, &lock_fd);
        if (r < 0)
                return gc_failed(g, r == -EWOULDBLOCK ? 0 : r, "lock image", id);

        r = index_read(g->store, id, &e);
        if (r < 0 && r != -ENOENT && r != -EBADMSG)
                return gc_failed(g, r, "read the index entry of image", id);

        exists = r >= 0;
        expired = exists && !in_use && unused_for(g, &e) >= g->grace;

        if (!in_use)
                (void) gc_tree(g, id, exists && !expired ? &e : NULL);
        if (expired)
                gc_image(g, id, &e);
        if (!exists || expired)
                gc_remains(g, id);
}

static int collect_id(int dir_fd, const char *name, unsigned char type, void *userdata) {
        return image_id_is_valid(name) ? id_list_add(userdata, name) : 0;
}

static int collect_blob_dir(int dir_fd, const char *name, unsigned char type, void *userdata) {
        _cleanup_close_ int fd = -EBADF;

        if (type != DT_DIR)
                return 0;

        fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        return fd < 0 ? -errno : dir_foreach(fd, collect_id, userdata);
}

static int compare_ids(const void *a, const void *b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

/* Every id that has left any trace in the store, sorted. */
static int collect_ids(ImageStore *s, IdList *l) {
        static const struct {
                const char *dir;
                DirEntryHandler handler;
        } sources[] = {
                { CAS_INDEX_DIR, collect_id       },
                { CAS_TREE_DIR,  collect_id       },
                { CAS_LOCK_DIR,  collect_id       },
                { CAS_BLOB_DIR,  collect_blob_dir },
        };
        int r;

        for (size_t i = 0; i < ELEMENTSOF(sources); i++) {
                _cleanup_close_ int fd = -EBADF;

                fd = open_beneath(s->data_fd, sources[i].dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
                if (fd < 0)
                        return fd;

                r = dir_foreach(fd, sources[i].handler, l);
                if (r < 0)
                        return r;
        }

        if (l->n > 0)
                qsort(l->ids, l->n, sizeof(char *), compare_ids);
        return 0;
}

static int collect_aside(int dir_fd, const char *name, unsigned char type, void *userdata) {
        return strchr(name, TREE_ASIDE) ? id_list_add(userdata, name) : 0;
}

/* Bad trees that were still in use when they were replaced. */
static int gc_aside(Gc *g) {
        _cleanup_(id_list_done) IdList names = {};
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = open_beneath(g->store->data_fd, CAS_TREE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        if (fd < 0)
                return fd;

        r = dir_foreach(fd, collect_aside, &names);
        for (size_t i = 0; i < names.n && r >= 0; i++) {
                const char *end = strchr(names.ids[i], TREE_ASIDE);
                _cleanup_free_ char *id = strndup(names.ids[i], (size_t) (end - names.ids[i]));

                if (!id)
                        return -ENOMEM;
                if (!strv_contains(g->in_use, id))
                        r = store_trash(g->store, CAS_TREE_DIR, names.ids[i]);
        }

        return r;
}

/* ".#ID.…": file_write_at() was killed. They are written under the image's lock only. */
static int sweep_index_entry(int dir_fd, const char *name, unsigned char type, void *userdata) {
        const char *rest = startswith(name, ".#");
        _cleanup_close_ int lock_fd = -EBADF;
        _cleanup_free_ char *id = NULL;
        Gc *g = userdata;

        if (!rest)
                return 0;

        id = strndup(rest, IMAGE_ID_LENGTH);
        if (!id)
                return -ENOMEM;

        if (image_id_is_valid(id) && store_lock_image(g->store, id, /* wait= */ false, &lock_fd) < 0)
                return 0;

        return unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int image_store_gc(ImageStore *s, char *const *in_use, usec_t grace_usec, const ImageGcEvents *events,
                   size_t *ret_removed, Diag *diag) {
        _cleanup_(id_list_done) IdList ids = {};
        Gc g = {
                .store = s,
                .in_use = in_use,
                .grace = grace_usec,
                .now = now_usec(CLOCK_REALTIME),
                .boot_now = now_usec(CLOCK_BOOTTIME),
                .events = events,
                .diag = diag,
        };
        int r;

        /* First: it makes lock files, which the rest takes away again. */
        gc_failed(&g, dir_foreach(s->index_fd, sweep_index_entry, &g), "empty", CAS_INDEX_DIR);

        r = collect_ids(s, &ids);
        if (r < 0)
                return diag_errno(diag, r, "cannot read the image store");

        for (size_t i = 0; i < ids.n; i++)
                if (i == 0 || !streq(ids.ids[i], ids.ids[i - 1]))
                        gc_id(&g, ids.ids[i]);

        gc_failed(&g, gc_aside(&g), "remove replaced trees in", CAS_TREE_DIR);
        gc_failed(&g, store_staging_sweep(s), "empty", CAS_TMP_DIR);
        gc_failed(&g, tree_sync_all(s), "flush the trees in", CAS_TREE_DIR);

        if (ret_removed)
                *ret_removed = g.removed;
        return g.error;
}
