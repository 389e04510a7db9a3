/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>

#include "basic/fs-util.h"
#include "layout/pods.h"
#include "pod/pod-internal.h"

/* All pods. The names are read first, phase after phase in the order in which pods move, so none that is
 * there all the time is missed; then each is opened by its UUID from the phase on where it was seen. */

typedef struct Entry {
        char uuid[UUID_STRING_MAX];
        PodPhase phase;
} Entry;

typedef struct Entries {
        Entry *items;
        size_t n, allocated;
        PodPhase phase; /* being read */
} Entries;

static void entries_done(Entries *e) {
        free(e->items);
}

static int entries_add(int dir_fd, const char *name, unsigned char type, void *userdata) {
        Entries *e = userdata;
        Uuid uuid;

        if (uuid_parse(name, &uuid) < 0)
                return 0;

        if (e->n == e->allocated) {
                size_t allocated = e->allocated > 0 ? 2 * e->allocated : 64;
                Entry *items = reallocarray(e->items, allocated, sizeof(*items));

                if (!items)
                        return -ENOMEM;
                e->items = items;
                e->allocated = allocated;
        }

        Entry *entry = &e->items[e->n++];
        uuid_format(&uuid, entry->uuid);
        entry->phase = e->phase;
        return 0;
}

static int entry_compare(const void *a, const void *b) {
        const Entry *x = a, *y = b;

        int c = strcmp(x->uuid, y->uuid);
        return c != 0 ? c : (int) x->phase - (int) y->phase;
}

static int entries_read(int data_dir_fd, Entries *e) {
        for (e->phase = 0; e->phase < _POD_PHASE_MAX; e->phase++) {
                _cleanup_close_ int fd = openat(data_dir_fd, pod_phase_directory(e->phase),
                                                O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (fd < 0) {
                        if (errno == ENOENT)
                                continue;
                        return -errno;
                }

                int r = dir_foreach(fd, entries_add, e);
                if (r < 0)
                        return r;
        }

        if (e->n > 0)
                qsort(e->items, e->n, sizeof(*e->items), entry_compare);
        return 0;
}

int pods_foreach(int data_dir_fd, int (*f)(Pod *p, PodState state, void *userdata), void *userdata) {
        _cleanup_(entries_done) Entries e = {};

        int r = entries_read(data_dir_fd, &e);
        if (r < 0)
                return r;

        for (size_t i = 0; i < e.n; i++) {
                _cleanup_(pod_closep) Pod *p = NULL;
                PodState state;

                /* Seen twice, because it moved from one phase to the next meanwhile. */
                if (i > 0 && streq(e.items[i - 1].uuid, e.items[i].uuid))
                        continue;

                r = pod_open_uuid(data_dir_fd, e.items[i].uuid, e.items[i].phase, &p);
                if (r >= 0)
                        r = pod_refresh(p, &state);
                if (r == -ENOENT)
                        continue;
                if (r < 0)
                        return r;

                r = f(p, state, userdata);
                if (r < 0)
                        return r;
        }

        return 0;
}

typedef struct Trees {
        char **ids; /* strv */
        Pod *pod;
} Trees;

static int add_tree(Trees *t, const char *path) {
        char *id = NULL;

        int r = pod_read_word(t->pod, path, &id);
        if (r == -ENOENT) /* being prepared, being deleted, or without overlay */
                return 0;
        if (r < 0)
                return r;

        return strv_consume(&t->ids, id);
}

static int add_app_tree(int dir_fd, const char *name, unsigned char type, void *userdata) {
        _cleanup_free_ char *path = xasprintf("%s/%s/%s", POD_APPSINFO_DIR, name, POD_APPINFO_TREE);

        if (!path)
                return -ENOMEM;

        return add_tree(userdata, path);
}

static int add_pod_trees(Pod *p, PodState state, void *userdata) {
        Trees *t = userdata;

        t->pod = p;
        int r = add_tree(t, POD_STAGE1_TREE_FILE);
        if (r < 0)
                return r;

        _cleanup_close_ int fd =
                openat(p->fd, POD_APPSINFO_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;

        return dir_foreach(fd, add_app_tree, t);
}

int pods_trees_in_use(int data_dir_fd, char ***ret) {
        Trees t = {};

        int r = pods_foreach(data_dir_fd, add_pod_trees, &t);
        if (r < 0) {
                strv_free(t.ids);
                return r;
        }

        strv_sort_unique(t.ids);
        *ret = t.ids;
        return 0;
}

static int open_prepare_dir(int data_dir_fd) {
        int fd = openat(data_dir_fd, PODS_PREPARE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

int pods_lock_trees(int data_dir_fd, LockMode mode, int *ret_fd) {
        /* The lock of the directory of those who are being prepared: nobody else has a use for it. */
        _cleanup_close_ int fd = open_prepare_dir(data_dir_fd);
        int r;

        if (fd == -ENOENT) {
                /* There may be images and no pod yet, but one on its way. */
                r = pods_init(data_dir_fd, /* diag= */ NULL);
                if (r < 0)
                        return r;
                fd = open_prepare_dir(data_dir_fd);
        }
        if (fd < 0)
                return fd;

        r = lock_try(fd, mode);
        if (r == -EWOULDBLOCK)
                r = lock_wait(fd, mode, USEC_INFINITY);
        if (r < 0)
                return r;

        *ret_fd = TAKE_FD(fd);
        return 0;
}
