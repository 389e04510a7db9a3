/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>

#include "basic/fs-util.h"
#include "layout/pods.h"
#include "layout/stage1.h"
#include "pod/age.h"
#include "pod/mounts.h"
#include "pod/pod-internal.h"
#include "pod/remove.h"
#include "pod/stage1-program.h"

/* The end of a pod. It has been renamed out of everybody's way and is locked. What an interrupted deletion
 * leaves is a pod in the same phase with less in it, so everything here copes with what is gone already;
 * the big and possibly busy things go first and the directory itself last, so that it is found again until
 * all of it is gone.
 *
 * Nothing of the pod's own is trusted: rm_rf_at() follows no link and enters no mount. */

static int gc_argv(const PodContext *c, Pod *p, char ***ret, Diag *diag) {
        _cleanup_(stage1_entrypoints_done) Stage1Entrypoints entry = {};
        _cleanup_free_ char *path = NULL;

        int r = stage1_entrypoints_load(p->fd, &entry, diag);
        if (r < 0)
                return r;
        if (!entry.gc)
                return 0;
        r = stage1_program_path(c, p, entry.gc, &path, diag);
        if (r < 0)
                return r;

        const Stage1UuidArgs args = {
                .debug = c->debug,
                .local_config = entry.interface_version >= 5 ? c->paths->local_config : NULL,
                .uuid = p->uuid,
        };
        r = stage1_uuid_args_format(&args, path, ret);
        return r < 0 ? r : 1;
}

static int run_stage1_gc(const PodContext *c, Pod *p, Diag *diag) {
        _cleanup_strv_free_ char **argv = NULL;

        /* After a reboot, or when somebody unmounted it, the entrypoint still wants to see its root. */
        int r = pod_mount_stage1(c, p, diag);
        if (r < 0)
                return r;
        r = gc_argv(c, p, &argv, diag);
        if (r <= 0)
                return r;

        return stage1_program_run(c, p, "gc", argv, diag);
}

static void stage1_gc(const PodContext *c, Pod *p) {
        _cleanup_diag_ Diag why = {};
        _cleanup_free_ char *reason = NULL, *text = NULL;

        /* Without it there is nothing to execute: done earlier, or the pod never got so far. */
        if (path_exists_at(p->fd, POD_STAGE1_MANIFEST) <= 0 || path_exists_at(p->fd, POD_STARTED_FILE) <= 0)
                return;

        int r = run_stage1_gc(c, p, &why);
        if (r < 0 && c->notify) {
                /* No reason to keep the pod: it would fail again next time. */
                reason = diag_is_set(&why) ? diag_format_line(&why) : strdup(strerror(-r));
                text = xasprintf("problem performing stage1 gc on \"%s\": %s", p->uuid, strempty(reason));
                if (text)
                        c->notify(text, c->userdata);
        }

        (void) unlinkat(p->fd, POD_STAGE1_MANIFEST, 0);
}

static int remove_files(const Pod *p, Diag *diag) {
        static const char *const first[] = { POD_STAGE1_ROOTFS, POD_OVERLAY_DIR };
        const char *phase = pod_phase_directory(p->phase);

        for (size_t i = 0; i < ELEMENTSOF(first); i++) {
                int r = rm_rf_at(p->fd, first[i]);
                if (r < 0 && r != -ENOENT)
                        return diag_errno(diag, r, "unable to remove \"%s\" of pod \"%s\"", first[i],
                                          p->uuid);
        }

        _cleanup_close_ int fd = openat(p->data_dir_fd, phase, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int r = fd < 0 ? -errno : rm_rf_at(fd, p->uuid);
        return r < 0 ? diag_errno(diag, r, "unable to remove pod \"%s\"", p->uuid) : 0;
}

int pod_delete(const PodContext *c, Pod *p, Diag *diag) {
        assert(p->phase == POD_PHASE_EXITED_GARBAGE || p->phase == POD_PHASE_GARBAGE);
        assert(p->held == POD_HELD_EXCLUSIVE);

        if (p->phase == POD_PHASE_EXITED_GARBAGE)
                stage1_gc(c, p);

        int r = pod_unmount(p);
        if (r < 0)
                return diag_errno(diag, r, "cannot unmount stage1 of pod \"%s\"", p->uuid);
        r = remove_files(p, diag);
        if (r != -EXDEV && r != -EBUSY)
                return r;

        /* Somebody mounted something there: machinectl bind, or an administrator. */
        r = pod_unmount_foreign(c, p);
        if (r < 0)
                return diag_errno(diag, r, "cannot unmount the file systems of pod \"%s\"", p->uuid);

        return remove_files(p, diag);
}

/* Why a pod in this state cannot be removed; NULL: it can. */
static const char *obstacle(PodState s) {
        static const char *const obstacles[_POD_STATE_MAX] = {
                [POD_EMBRYO] = "prepared",
                [POD_PREPARING] = "prepared",
                [POD_RUNNING] = "running",
                [POD_EXITED_DELETING] = "deleted",
                [POD_GARBAGE_DELETING] = "deleted",
        };

        return obstacles[s];
}

static int refuse(const Pod *p, PodState s, Diag *diag) {
        return diag_set(diag, -EBUSY, "pod \"%s\" is currently %s%s", p->uuid,
                        s == POD_RUNNING ? "" : "being ", obstacle(s));
}

/* Moves it to where it can be deleted from. Somebody else may do the same at the same time. */
static int make_garbage(Pod *p, Diag *diag) {
        PodPhase to = p->phase == POD_PHASE_RUN ? POD_PHASE_EXITED_GARBAGE : POD_PHASE_GARBAGE;

        if (p->phase >= POD_PHASE_EXITED_GARBAGE)
                return 0;

        int arrow = pod_phase_arrow(p->phase, to);
        if (arrow < 0)
                return diag_errno(diag, arrow, "cannot remove pod \"%s\"", p->uuid);
        int r = arrow & POD_ARROW_SHARED ? pod_lock_shared(p, diag) : pod_lock_exclusive(p, diag);
        if (r < 0)
                return r;
        if (p->phase >= POD_PHASE_EXITED_GARBAGE)
                return 0;

        r = pod_transition(p, to, diag);
        if (r != -ESTALE)
                return r;

        r = pod_follow(p);
        if (r < 0)
                return diag_set(diag, r, "pod \"%s\" was removed meanwhile", p->uuid);
        return p->phase >= POD_PHASE_EXITED_GARBAGE
                       ? 0
                       : diag_set(diag, -EBUSY, "pod \"%s\" was started meanwhile", p->uuid);
}

int pod_remove(const PodContext *c, Pod *p, Diag *diag) {
        PodState state;

        int r = pod_refresh(p, &state);
        if (r == -ENOENT)
                return diag_set(diag, r, "pod \"%s\" was removed meanwhile", p->uuid);
        if (r < 0)
                return diag_errno(diag, r, "cannot determine the state of pod \"%s\"", p->uuid);
        if (obstacle(state))
                return refuse(p, state, diag);

        r = make_garbage(p, diag);
        if (r >= 0)
                r = pod_lock_exclusive(p, diag);
        if (r == -EBUSY && pod_refresh(p, &state) >= 0 && obstacle(state))
                return refuse(p, state, diag);
        if (r < 0)
                return r;

        return pod_delete(c, p, diag);
}
