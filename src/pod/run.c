/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/parse-util.h"
#include "layout/pods.h"
#include "layout/stage1.h"
#include "pod/exec-env.h"
#include "pod/lifecycle.h"
#include "pod/mounts.h"
#include "pod/pod-internal.h"

/* The last steps of stage0, in the process that becomes the pod. Order matters:
 *
 * 1. The rename to pods/run, with the lock held: from then on the pod is running for everybody else, and
 *    exited as soon as this process ends, in whatever way.
 * 2. The mounts, since stage1's manifest and programs are needed from here on.
 * 3. The file whose time says when stage1 was started.
 * 4. exec. stdio, the locks, and the sockets that the service manager may have passed stay open. */

static int load_runnable_manifest(Pod *p, PodManifest **ret, Diag *diag) {
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL;

        int r = pod_load_manifest(p, &m, diag);
        if (r < 0)
                return r;
        if (m->n_apps == 0)
                return diag_set(diag, -EINVAL, "pod must contain at least one application");

        *ret = TAKE_PTR(m);
        return 0;
}

static int write_word(Pod *p, const char *file, const char *word, Diag *diag) {
        if (!word)
                return 0;

        int r = file_write_at(p->fd, file, word, strlen(word), 0640, 0);
        return r < 0 ? diag_errno(diag, r, "cannot write \"%s\" of pod \"%s\"", file, p->uuid) : 0;
}

static int write_notes(Pod *p, const RunArgs *a, Diag *diag) {
        int r = write_word(p, POD_MACHINE_FILE, a->machine_name, diag);
        if (r >= 0)
                r = write_word(p, POD_UNIT_FILE, a->unit, diag);
        if (r >= 0)
                r = write_word(p, POD_STARTED_FILE, "", diag);

        return r;
}

/* Closes on exec all but stdio, the locks and what the service manager passed. */
static int keep_fds(Pod *p, int machine_fd) {
        const char *listen_fds = getenv("LISTEN_FDS");
        uint32_t n = 0;

        if (listen_fds && (parse_u32(listen_fds, &n) < 0 || n > INT16_MAX))
                n = 0;
        if (close_range(STDERR_FILENO + 1 + n, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
                return -errno;

        int r = machine_fd >= 0 ? fd_set_cloexec(machine_fd, false) : 0;
        return r < 0 ? r : fd_set_cloexec(p->fd, false);
}

static int reset_signals(void) {
        struct sigaction action = { .sa_handler = SIG_DFL };
        sigset_t none;

        /* Ignored signals and the mask outlive exec. SIGHUP may be ignored for good reason: nohup(1). */
        sigemptyset(&none);
        if (sigaction(SIGPIPE, &action, NULL) < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0)
                return -errno;

        return 0;
}

static int exec_stage1(const PodContext *c, Pod *p, const RunArgs *a, Diag *diag) {
        _cleanup_(stage1_entrypoints_done) Stage1Entrypoints entry = {};
        _cleanup_strv_free_ char **argv = NULL, **env = NULL;
        _cleanup_free_ char *dir = pod_absolute_path(c->paths->data_dir, p), *path = NULL;
        Stage1RunArgs args = a->stage1;

        int r = stage1_entrypoints_load(p->fd, &entry, diag);
        if (r < 0)
                return r;

        path = dir ? xasprintf("%s/%s/%s", dir, POD_STAGE1_ROOTFS, entry.run + strspn(entry.run, "/")) : NULL;
        if (!path)
                return -ENOMEM;
        args.uuid = p->uuid;
        r = stage1_run_args_format(&args, path, entry.interface_version, &argv);
        if (r >= 0)
                r = exec_environment(&env);
        if (r >= 0)
                r = strv_extendf(&env, "%s=%d", STAGE1_ENV_LOCK_FD, p->fd);
        if (r < 0)
                return r;

        if (fchdir(p->fd) < 0)
                return diag_errno(diag, -errno, "failed changing to the directory of pod \"%s\"", p->uuid);
        r = reset_signals();
        if (r >= 0)
                r = keep_fds(p, a->machine_fd);
        if (r < 0)
                return diag_errno(diag, r, "cannot prepare to execute stage1");

        execve(path, argv, env);
        return diag_errno(diag, -errno, "error executing stage1's run entrypoint \"%s\"", path);
}

int pod_run(const PodContext *c, Pod *p, const RunArgs *a, Diag *diag) {
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL;

        int r = load_runnable_manifest(p, &m, diag);
        if (r < 0)
                return r;
        /* Under the lock now: somebody may have run it, or given it up, before we got that. */
        if (pod_phase_arrow(p->phase, POD_PHASE_RUN) < 0)
                return diag_set(diag, -EINVAL, "pod \"%s\" is not prepared", p->uuid);
        r = pod_transition(p, POD_PHASE_RUN, diag);
        if (r < 0)
                return diag_wrap(diag, r, "cannot transition to run");
        r = pod_mount(c, p, m, diag);
        if (r < 0)
                return diag_wrap(diag, r, "error setting up pod \"%s\"", p->uuid);

        r = write_notes(p, a, diag);
        if (r >= 0)
                r = exec_stage1(c, p, a, diag);

        (void) fd_set_cloexec(p->fd, true);
        (void) chdir("/");
        (void) pod_unmount(p);
        return r;
}
