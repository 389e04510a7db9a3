/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/fs-util.h"
#include "layout/stage1.h"
#include "pod/lifecycle.h"
#include "pod/pod-internal.h"
#include "pod/watch.h"

/* Waits by looking, and by being told when to look again. */

static bool is_finished(PodState s) {
        return s == POD_PREPARE_FAILED || s > POD_RUNNING;
}

static bool is_ready(const Pod *p) {
        _cleanup_close_ int root = -EBADF;

        return pod_open_stage1_files(p, &root) >= 0 && path_exists_at(root, STAGE1_READY_PATH) > 0;
}

/* 1: what was waited for is there; 0: not yet. */
static int look(Pod *p, bool ready, Diag *diag) {
        PodState state;

        int r = pod_refresh(p, &state);
        if (r == -ENOENT)
                return diag_set(diag, r, "pod \"%s\" was removed", pod_uuid(p));
        if (r < 0)
                return diag_errno(diag, r, "cannot determine the state of pod \"%s\"", pod_uuid(p));

        if (!ready)
                return is_finished(state);
        if (state >= POD_RUNNING && is_ready(p))
                return 1;
        if (is_finished(state))
                return diag_set(diag, -ESRCH, "pod \"%s\" ended before it was ready", pod_uuid(p));
        return 0;
}

int pod_wait(Pod *p, bool ready, usec_t timeout_usec, Diag *diag) {
        _cleanup_(pod_watch_freep) PodWatch *w = NULL;
        usec_t now = now_usec(CLOCK_MONOTONIC);
        usec_t deadline = timeout_usec < USEC_INFINITY - now ? now + timeout_usec : USEC_INFINITY;

        for (;;) {
                int r = look(p, ready, diag);
                if (r != 0)
                        return r < 0 ? r : 0;

                if (!w) {
                        r = pod_watch_new(p, &w);
                        if (r < 0)
                                return diag_errno(diag, r, "cannot watch pod \"%s\"", pod_uuid(p));
                }
                r = pod_watch_arm(w);
                if (r == -ENOENT)
                        continue;
                if (r < 0)
                        return diag_errno(diag, r, "cannot watch pod \"%s\"", pod_uuid(p));

                /* Between the look and the arming it may all have happened. */
                r = look(p, ready, diag);
                if (r != 0)
                        return r < 0 ? r : 0;

                r = pod_watch_wait(w, deadline);
                if (r == -ETIMEDOUT)
                        return diag_set(diag, r, "timed out waiting for pod \"%s\"", pod_uuid(p));
                if (r < 0)
                        return diag_errno(diag, r, "cannot wait for pod \"%s\"", pod_uuid(p));
        }
}
