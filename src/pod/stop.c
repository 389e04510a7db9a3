/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <sys/stat.h>

#include "layout/pods.h"
#include "pod/lifecycle.h"
#include "pod/pid.h"
#include "pod/stage1-program.h"

/* How a pod is stopped is stage1's business; ours is to ask it, and only for a pod that runs. Nor is it
 * asked for what it cannot do yet: before the processes of the pod are there, nobody can be told to end,
 * and before its first process listens, the kernel drops what it is told. */

/* From the start of stage1 until the pod can be expected to be ready, or never to say so. */
#define START_USEC (5 * USEC_PER_SEC)

/* What is left of that time. */
static usec_t starting_for(const Pod *p) {
        struct stat st;

        if (fstatat(pod_fd(p), POD_STARTED_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return START_USEC;

        usec_t started = timespec_to_usec(&st.st_mtim), now = now_usec(CLOCK_REALTIME);
        return now >= started && now - started < START_USEC ? START_USEC - (now - started) : 0;
}

/* However this ends, the pod is asked to stop then. */
static void wait_for_start(Pod *p, bool force) {
        usec_t left = starting_for(p);
        pid_t pid;

        if (left == 0)
                return;
        if (!force)
                (void) pod_wait(p, /* ready= */ true, left, NULL);
        else if (pod_read_pid(p, &pid) == -ENOENT)
                (void) pod_get_pid(p, &pid, NULL);
}

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

        wait_for_start(p, force);
        r = stage1_program_run(c, p, "stop", argv, diag);
        /* It may have ended by itself before it could be told to. */
        if (r < 0 && pod_refresh(p, &state) >= 0 && state > POD_RUNNING)
                return 0;
        return r;
}
