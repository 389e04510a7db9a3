/* SPDX-License-Identifier: Apache-2.0 */

#include "cli/run-options.h"

typedef struct Options {
        RunOptions run;
} Options;

static const Option rows[] = {
        RUN_OPTION_ROWS(Options, run),
        {},
};

static int check_pod(Pod *p, const RunOptions *o, Diag *diag) {
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL;
        PodState state;

        int r = pod_refresh(p, &state);
        if (r < 0)
                return diag_errno(diag, r, "cannot determine the state of pod \"%s\"", pod_uuid(p));
        if (state != POD_PREPARED)
                return diag_set(diag, -EINVAL, "pod \"%s\" is not prepared, it is %s", pod_uuid(p),
                                pod_state_to_string(state));

        r = pod_load_manifest(p, &m, diag);
        if (r < 0)
                return r;
        if (o->interactive && m->n_apps > 1)
                return diag_set(diag, -EINVAL, "interactive option only supports pods with one app");

        return 0;
}

static int run(Cli *c, void *options, char **args) {
        const RunOptions *o = &((Options *) options)->run;
        _cleanup_diag_ Diag diag = {};
        _cleanup_(pod_closep) Pod *pod = NULL;

        int r = run_options_check(o, &diag);
        if (r >= 0)
                r = pod_args_open(c, NULL, args, &pod, &diag);
        if (r >= 0)
                r = check_pod(pod, o, &diag);
        if (r >= 0)
                r = cli_open_store(c, /* create= */ false, &diag);
        if (r >= 0)
                r = pod_lock_exclusive(pod, &diag);
        if (r >= 0)
                r = run_options_run(c, o, pod, &diag);

        return cli_fail(&diag, r, NULL);
}

const Verb verb_run_prepared = {
        .name = "run-prepared",
        .usage = "[OPTIONS] UUID",
        .summary = "Run a prepared application pod in rkt",
        .description = "UUID is that of a pod made by \"rkt prepare\", or a unique prefix of it.",
        .min_args = 1,
        .max_args = 1,
        .flags = VERB_NEEDS_ROOT,
        .options_size = sizeof(Options),
        .options = rows,
        .run = run,
};
