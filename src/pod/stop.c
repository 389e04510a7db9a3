/* SPDX-License-Identifier: Apache-2.0 */

#include "pod/lifecycle.h"
#include "pod/stage1-program.h"

/* How a pod is stopped is stage1's business; ours is to ask it, and only for a pod that runs. */

static int stop_argv(const PodContext *c, Pod *p, bool force, char ***ret, Diag *diag) {
        _cleanup_(stage1_entrypoints_done) Stage1Entrypoints entry = {};
        _cleanup_free_ char *path = NULL;

        int r = stage1_entrypoints_load(pod_fd(p), &entry, diag);
        if (r < 0)
                return r;
        if (!entry.stop)
                return diag_set(diag, -EOPNOTSUPP, "rkt stop not implemented for pod's stage1");
        r = stage1_program_path(c, p, entry.stop, &path, diag);
        if (r < 0)
                return r;

        return stage1_uuid_args_format(&(Stage1UuidArgs) { .debug = c->debug, .force = force,
                                                           .uuid = (char *) pod_uuid(p) }, path, ret);
}

int pod_stop(const PodContext *c, Pod *p, bool force, Diag *diag) {
        _cleanup_strv_free_ char **argv = NULL;
        PodState state;

        int r = pod_refresh(p, &state);
        if (r < 0)
                return diag_errno(diag, r, "cannot determine the state of pod \"%s\"", pod_uuid(p));
        if (state > POD_RUNNING)
                return diag_set(diag, -EALREADY, "pod \"%s\" is already stopped", pod_uuid(p));
        if (state < POD_RUNNING)
                return diag_set(diag, -ESRCH, "pod \"%s\" is not running", pod_uuid(p));

        r = stop_argv(c, p, force, &argv, diag);
        if (r < 0)
                return r;

        r = stage1_program_run(c, p, "stop", argv, diag);
        /* It may have ended by itself before it could be told to. */
        if (r < 0 && pod_refresh(p, &state) >= 0 && state > POD_RUNNING)
                return 0;
        return r;
}
