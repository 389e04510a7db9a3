/* SPDX-License-Identifier: Apache-2.0 */

#include <ctype.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "pod/pod-internal.h"

/* A pod is opened once and then known by the fd of its directory, wherever others rename it to. Its lock
 * belongs to that open file description, so it passes to whatever process the fd passes to.
 *
 * Others hold the lock for moments: those who test it. A test in phases where the lock means something is
 * a shared lock taken and given back, so whoever wants it exclusively waits LOCK_PATIENCE_USEC before
 * believing that it is taken. */

#define LOCK_PATIENCE_USEC (250 * USEC_PER_MSEC)

/* Nobody but root gets near the files of apps: setuid programs and secrets are among them. */
#define POD_DIR_MODE 0700
#define PHASE_DIR_MODE 0750

int pods_init(int data_dir_fd, Diag *diag) {
        for (PodPhase phase = 0; phase < _POD_PHASE_MAX; phase++) {
                const char *dir = pod_phase_directory(phase);

                int r = mkdir_p_at(data_dir_fd, dir, PHASE_DIR_MODE);
                if (r < 0)
                        return diag_errno(diag, r, "cannot create directory \"%s\"", dir);
        }

        return 0;
}

PodPath pod_path_in(const Pod *p, PodPhase phase) {
        PodPath path;

        int n = snprintf(path.s, sizeof(path.s), "%s/%s", pod_phase_directory(phase), p->uuid);
        assert(n > 0 && (size_t) n < sizeof(path.s));
        return path;
}

static Pod *pod_alloc(int data_dir_fd, const char *uuid, PodPhase phase) {
        Pod *p = calloc(1, sizeof(*p));

        if (!p)
                return NULL;

        p->data_dir_fd = data_dir_fd;
        p->fd = -EBADF;
        p->phase = phase;
        memcpy(p->uuid, uuid, UUID_STRING_MAX);
        return p;
}

/* Opens it in the phase it is believed to be in. */
static int pod_open_dir(Pod *p) {
        PodPath path = pod_path_in(p, p->phase);
        struct stat st;

        _cleanup_close_ int fd =
                openat(p->data_dir_fd, path.s, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;

        p->fd = TAKE_FD(fd);
        p->dev = st.st_dev;
        p->ino = st.st_ino;
        return 0;
}

Pod *pod_close(Pod *p) {
        if (p) {
                safe_close(p->fd);
                free(p);
        }

        return NULL;
}

static int embryo_to_prepare(Pod *p, Diag *diag) {
        int r = pod_open_dir(p);
        if (r < 0)
                return diag_errno(diag, r, "cannot open pod directory of \"%s\"", p->uuid);

        r = pod_lock_exclusive(p, diag);
        return r < 0 ? r : pod_transition(p, POD_PHASE_PREPARE, diag);
}

int pod_new(int data_dir_fd, Pod **ret, Diag *diag) {
        _cleanup_(pod_closep) Pod *p = NULL;
        char name[UUID_STRING_MAX];
        Uuid uuid;

        int r = uuid_generate(&uuid);
        if (r < 0)
                return diag_errno(diag, r, "cannot make a UUID");
        uuid_format(&uuid, name);

        p = pod_alloc(data_dir_fd, name, POD_PHASE_EMBRYO);
        if (!p)
                return -ENOMEM;

        PodPath path = pod_path_in(p, POD_PHASE_EMBRYO);
        if (mkdirat(data_dir_fd, path.s, POD_DIR_MODE) < 0)
                return diag_errno(diag, -errno, "cannot create pod directory \"%s\"", path.s);

        r = embryo_to_prepare(p, diag);
        if (r < 0) {
                (void) unlinkat(data_dir_fd, path.s, AT_REMOVEDIR);
                return r;
        }

        *ret = TAKE_PTR(p);
        return 0;
}

int pod_open_uuid(int data_dir_fd, const char *uuid, PodPhase from, Pod **ret) {
        _cleanup_(pod_closep) Pod *p = pod_alloc(data_dir_fd, uuid, from);

        if (!p)
                return -ENOMEM;

        /* Pods only move downwards in the table, so one pass finds every pod that is there all the time. */
        for (; p->phase < _POD_PHASE_MAX; p->phase++) {
                int r = pod_open_dir(p);
                if (r >= 0) {
                        *ret = TAKE_PTR(p);
                        return 0;
                }
                if (r != -ENOENT)
                        return r;
        }

        return -ENOENT;
}

typedef struct Search {
        const char *prefix;
        PodPhase phase;
        char uuid[UUID_STRING_MAX]; /* the first that was found, "" if none */
        PodPhase found_in;
        size_t n_found;
} Search;

static int search_entry(int dir_fd, const char *name, unsigned char type, void *userdata) {
        Search *s = userdata;
        Uuid uuid;

        if (uuid_parse(name, &uuid) < 0 || !startswith(name, s->prefix))
                return 0;
        /* It may have moved from the directory that was read before to this one. */
        if (streq(name, s->uuid))
                return 0;

        s->n_found++;
        if (s->n_found == 1) {
                uuid_format(&uuid, s->uuid);
                s->found_in = s->phase;
        }
        return 0;
}

static int search_prefix(int data_dir_fd, Search *s) {
        for (s->phase = 0; s->phase < _POD_PHASE_MAX; s->phase++) {
                _cleanup_close_ int fd = openat(data_dir_fd, pod_phase_directory(s->phase),
                                                O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (fd < 0) {
                        if (errno == ENOENT)
                                continue;
                        return -errno;
                }

                int r = dir_foreach(fd, search_entry, s);
                if (r < 0)
                        return r;
        }

        return s->n_found == 1 ? 0 : s->n_found == 0 ? -ENOENT : -ENOTUNIQ;
}

static int pod_open_lower(int data_dir_fd, const char *prefix, Pod **ret, Diag *diag) {
        Search s = { .prefix = prefix };
        Uuid uuid;
        int r;

        if (uuid_parse(prefix, &uuid) >= 0)
                r = pod_open_uuid(data_dir_fd, prefix, 0, ret);
        else {
                r = search_prefix(data_dir_fd, &s);
                if (r >= 0)
                        r = pod_open_uuid(data_dir_fd, s.uuid, s.found_in, ret);
        }
        if (r >= 0)
                return 0;

        _cleanup_free_ char *escaped = string_escape(prefix);
        if (r == -ENOENT)
                return diag_set(diag, r, "no matches found for \"%s\"", strempty(escaped));
        if (r == -ENOTUNIQ)
                return diag_set(diag, r, "ambiguous uuid, %zu matches", s.n_found);
        return diag_errno(diag, r, "cannot open pod \"%s\"", strempty(escaped));
}

int pod_open(int data_dir_fd, const char *uuid_prefix, Pod **ret, Diag *diag) {
        if (isempty(uuid_prefix))
                return diag_set(diag, -EINVAL, "UUID cannot be empty");

        _cleanup_free_ char *lower = strdup(uuid_prefix);
        if (!lower)
                return -ENOMEM;
        for (char *c = lower; *c; c++)
                *c = (char) tolower((unsigned char) *c);

        return pod_open_lower(data_dir_fd, lower, ret, diag);
}

const char *pod_uuid(const Pod *p) {
        return p->uuid;
}

int pod_fd(const Pod *p) {
        return p->fd;
}

PodPhase pod_phase(const Pod *p) {
        return p->phase;
}

int pod_path(const Pod *p, char **ret) {
        *ret = strdup(pod_path_in(p, p->phase).s);
        return *ret ? 0 : -ENOMEM;
}

int pod_follow(Pod *p) {
        struct stat st;

        for (PodPhase phase = p->phase; phase < _POD_PHASE_MAX; phase++) {
                if (fstatat(p->data_dir_fd, pod_path_in(p, phase).s, &st, AT_SYMLINK_NOFOLLOW) < 0) {
                        if (errno != ENOENT)
                                return -errno;
                        continue;
                }
                if (st.st_dev == p->dev && st.st_ino == p->ino) {
                        p->phase = phase;
                        return 0;
                }
        }

        return -ENOENT;
}

/* Whether somebody holds the lock exclusively; our own shared lock does not count as that. */
static int pod_is_locked(Pod *p) {
        /* Testing would turn an exclusive lock of ours into a shared one. */
        if (p->held != POD_HELD_NOTHING)
                return p->held == POD_HELD_EXCLUSIVE;

        int r = lock_try(p->fd, LOCK_SHARED);
        if (r == -EWOULDBLOCK)
                return true;
        if (r < 0)
                return r;

        lock_release(p->fd);
        return false;
}

int pod_refresh(Pod *p, PodState *ret) {
        PodPhase seen;
        int locked;

        /* What the lock said counts only for the phase that the pod was in before and still is in after:
         * pods do not move back, so it was there in between. Where the lock says nothing it is not
         * touched, so that whoever wants to run the pod finds it free. */
        do {
                seen = p->phase;
                locked = pod_phase_lock_matters(seen) ? pod_is_locked(p) : false;
                if (locked < 0)
                        return locked;

                int r = pod_follow(p);
                if (r < 0)
                        return r;
        } while (p->phase != seen);

        if (ret)
                *ret = pod_state_from(p->phase, locked);
        return 0;
}

static int lock_refused(Pod *p, Diag *diag) {
        PodState state;

        int r = pod_refresh(p, &state);
        if (r == -ENOENT)
                return diag_set(diag, r, "pod \"%s\" was removed meanwhile", p->uuid);
        if (r < 0)
                return diag_errno(diag, r, "cannot determine the state of pod \"%s\"", p->uuid);

        return diag_set(diag, -EBUSY, "pod \"%s\" is in use by another process, its state is \"%s\"", p->uuid,
                        pod_state_to_string(state));
}

static int lock_taken(Pod *p, PodHeld held, Diag *diag) {
        p->held = held;

        int r = pod_follow(p);
        if (r == -ENOENT)
                return diag_set(diag, r, "pod \"%s\" was removed meanwhile", p->uuid);
        return r < 0 ? diag_errno(diag, r, "cannot find pod \"%s\"", p->uuid) : 0;
}

int pod_lock_exclusive(Pod *p, Diag *diag) {
        if (p->held == POD_HELD_EXCLUSIVE)
                return 0;
        pod_unlock(p);

        int r = lock_try(p->fd, LOCK_EXCLUSIVE);
        if (r == -EWOULDBLOCK)
                r = lock_wait(p->fd, LOCK_EXCLUSIVE, LOCK_PATIENCE_USEC);
        if (r == -ETIMEDOUT || r == -EWOULDBLOCK)
                return lock_refused(p, diag);
        if (r < 0)
                return diag_errno(diag, r, "cannot lock pod \"%s\"", p->uuid);

        return lock_taken(p, POD_HELD_EXCLUSIVE, diag);
}

int pod_lock_shared(Pod *p, Diag *diag) {
        if (p->held != POD_HELD_NOTHING)
                return 0;

        int r = lock_try(p->fd, LOCK_SHARED);
        if (r == -EWOULDBLOCK)
                return lock_refused(p, diag);
        if (r < 0)
                return diag_errno(diag, r, "cannot lock pod \"%s\"", p->uuid);

        return lock_taken(p, POD_HELD_SHARED, diag);
}

void pod_unlock(Pod *p) {
        if (p->held != POD_HELD_NOTHING)
                lock_release(p->fd);
        p->held = POD_HELD_NOTHING;
}

static int sync_parent(Pod *p, PodPhase phase) {
        _cleanup_close_ int fd = openat(p->data_dir_fd, pod_phase_directory(phase),
                                        O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;

        return fsync(fd) < 0 ? -errno : 0;
}

int pod_transition(Pod *p, PodPhase to, Diag *diag) {
        PodPath from_path = pod_path_in(p, p->phase), to_path = pod_path_in(p, to);

        int arrow = pod_phase_arrow(p->phase, to);
        if (arrow < 0)
                return diag_set(diag, arrow, "pod \"%s\" cannot be moved from \"%s\" to \"%s\"", p->uuid,
                                pod_phase_directory(p->phase), pod_phase_directory(to));
        if (p->held < (arrow & POD_ARROW_SHARED ? POD_HELD_SHARED : POD_HELD_EXCLUSIVE))
                return diag_set(diag, -ENOLCK, "pod \"%s\" is not locked", p->uuid);

        if (arrow & POD_ARROW_SYNC && syncfs(p->fd) < 0)
                return diag_errno(diag, -errno, "cannot write pod \"%s\" to disk", p->uuid);

        int r = rename_noreplace_at(p->data_dir_fd, from_path.s, p->data_dir_fd, to_path.s);
        if (r == -ENOENT)
                return diag_set(diag, -ESTALE, "pod \"%s\" was moved or removed by another process", p->uuid);
        if (r < 0)
                return diag_errno(diag, r, "cannot move pod \"%s\" to \"%s\"", p->uuid, to_path.s);
        p->phase = to;

        if (arrow & POD_ARROW_SYNC) {
                r = sync_parent(p, to);
                if (r < 0)
                        return diag_errno(diag, r, "cannot write \"%s\" to disk", pod_phase_directory(to));
        }
        if (arrow & POD_ARROW_UNLOCK)
                pod_unlock(p);

        return 0;
}
