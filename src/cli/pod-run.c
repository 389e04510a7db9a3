/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/log.h"
#include "cli/pod-declared.h"
#include "cli/service-notify.h"
#include "image/ready.h"
#include "pod/machine-lock.h"

/* What pod@NAME.service executes: a new pod from NAME.pod, which becomes the service's main process. The
 * images were fetched by pod-fetch@NAME.service; only if something changed since (or the pod is run without
 * it) they are fetched here, where the start time-out has to be extended for it. */

#define FETCH_TIMEOUT_USEC (3600 * USEC_PER_SEC)

static int resolve_images(Cli *c, const DeclaredPod *pod, char ***ret_ids, Diag *diag) {
        int r = ready_load(c->data_dir_fd, c->store, pod->file->name, pod->refs, ret_ids);
        if (r != -ENOENT && r != -ESTALE)
                return r < 0 ? diag_errno(diag, r, "cannot read which images of pod \"%s\" are ready",
                                          pod->file->name)
                             : 0;

        service_notify_fetching(pod->file->name, FETCH_TIMEOUT_USEC);
        return declared_pod_fetch(c, pod, ret_ids, diag);
}

static int prepare(Cli *c, const DeclaredPod *declared, Pod **ret, Diag *diag) {
        _cleanup_strv_free_ char **ids = NULL;
        const PodContext context = pod_context(c);
        const FetchArgs fetch = pod_args_fetch(c, PULL_NEW);

        int r = resolve_images(c, declared, &ids, diag);
        if (r < 0)
                return r;

        const PrepareArgs args = { .spec = &declared->spec, .image_ids = ids, .fetch = &fetch };
        return pod_prepare(&context, &args, ret, diag);
}

static int execute(Cli *c, const PodFile *f, Pod *pod, int machine_fd, Diag *diag) {
        _cleanup_free_ char *unit = strjoin("pod@", f->name, ".service", NULL);
        const PodContext context = pod_context(c);

        if (!unit)
                return -ENOMEM;

        int r = machine_lock_set_uuid(machine_fd, pod_uuid(pod));
        if (r < 0)
                return diag_errno(diag, r, "cannot note the pod of machine \"%s\"", f->machine_name);

        const RunArgs args = {
                .stage1 = {
                        .debug = c->global.debug,
                        .net = f->nets[0],
                        .local_config = c->global.paths.local_config,
                        .hostname = f->hostname,
                        .disable_capabilities_restriction = c->insecure & INSECURE_CAPABILITIES,
                        .disable_paths = c->insecure & INSECURE_PATHS,
                        .disable_seccomp = c->insecure & INSECURE_SECCOMP,
                },
                .machine_name = f->machine_name,
                .unit = unit,
                .machine_fd = machine_fd,
        };
        return pod_run(&context, pod, &args, diag);
}

/* The generator passes [Unit] and [Service] on. It has not run since the file is there, or could not know of
 * an instance of a template that is started without having been enabled. */
static void warn_without_dropin(const PodFile *f) {
        _cleanup_free_ char *dropin = NULL;
        bool has_lines = false;

        for (size_t i = 0; i < f->n_lines && !has_lines; i++)
                has_lines = streq(f->lines[i].section, "Unit") || streq(f->lines[i].section, "Service");
        if (!has_lines || !getenv("INVOCATION_ID") || paths_pod_dropin(f->name, &dropin) < 0)
                return;
        if (access(dropin, F_OK) < 0)
                log_warning("[Unit] and [Service] of \"%s\" have no effect on this start: run \"systemctl "
                            "daemon-reload\"%s",
                            f->path,
                            pod_name_instance(f->name) ? ", after \"systemctl enable\" of the instance" : "");
}

static int run(Cli *c, void *options, char **args) {
        _cleanup_(declared_pod_done) DeclaredPod declared = {};
        _cleanup_(pod_closep) Pod *pod = NULL;
        _cleanup_close_ int machine_fd = -EBADF;
        _cleanup_diag_ Diag diag = {};

        int r = declared_pod_load(c, args[0], &declared, &diag);
        if (r >= 0)
                warn_without_dropin(declared.file);
        if (r >= 0)
                r = machine_lock(c->data_dir_fd, declared.file->machine_name, &machine_fd, &diag);
        if (r >= 0)
                r = prepare(c, &declared, &pod, &diag);
        if (r >= 0)
                r = execute(c, declared.file, pod, machine_fd, &diag);

        service_notify_failure(&diag, r);
        return cli_fail(&diag, r, NULL);
}

const Verb verb_pod_run = {
        .name = "pod run",
        .usage = "NAME",
        .summary = "Run a declared pod",
        .description = "What pod@NAME.service runs; use \"systemctl start pod@NAME\".",
        .min_args = 1,
        .max_args = 1,
        .flags = VERB_NEEDS_ROOT,
        .run = run,
};
