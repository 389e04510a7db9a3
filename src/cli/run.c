/* SPDX-License-Identifier: Apache-2.0 */

#include "cli/prepare-options.h"
#include "cli/run-options.h"

typedef struct Options {
        PrepareOptions prepare;
        RunOptions run;
        char *uuid_file_save;
} Options;

static const Option rows[] = {
        PREPARE_OPTION_ROWS(Options, prepare),
        RUN_OPTION_ROWS(Options, run),
        { "uuid-file-save", 0, OPTION_STRING, offsetof(Options, uuid_file_save), "PATH",
          "Write the pod's UUID to a file" },
        {},
};

static void done(void *options) {
        pod_spec_done(&((Options *) options)->prepare.spec);
}

static int check(const Options *o, Diag *diag) {
        int r = prepare_options_check(&o->prepare, diag);
        if (r < 0)
                return r;
        if (o->run.interactive && o->prepare.spec.n_apps > 1)
                return diag_set(diag, -EINVAL, "interactive option only supports one image");

        return run_options_check(&o->run, diag);
}

/* Before it runs, so that "rkt rm --uuid-file" can clean up after whatever happens next. */
static int save_uuid(Cli *c, const Options *o, Pod *pod, Diag *diag) {
        const PodContext context = pod_context(c);

        int r = o->uuid_file_save ? pod_args_save_uuid(o->uuid_file_save, pod_uuid(pod), diag) : 0;
        if (r < 0) {
                pod_unlock(pod);
                (void) pod_remove(&context, pod, /* diag= */ NULL);
        }

        return r;
}

static int run(Cli *c, void *options, char **args) {
        Options *o = options;
        _cleanup_diag_ Diag diag = {};
        _cleanup_(pod_closep) Pod *pod = NULL;

        int r = check(o, &diag);
        if (r >= 0)
                r = prepare_options_prepare(c, &o->prepare, &pod, &diag);
        if (r >= 0)
                r = save_uuid(c, o, pod, &diag);
        if (r >= 0)
                r = run_options_run(c, &o->run, pod, &diag);

        return cli_fail(&diag, r, NULL);
}

const Verb verb_run = {
        .name = "run",
        .usage = "[OPTIONS] IMAGE [IMAGE OPTIONS] [-- ARGS… [---]] …",
        .summary = "Run image(s) in a pod in rkt",
        .description = "IMAGE is an image's id, a path, a URL or the name of an image in the store.\n"
                       "What follows \"--\" are arguments of the preceding image's app, until \"---\".",
        .flags = VERB_NEEDS_ROOT | VERB_APP_ARGS,
        .options_size = sizeof(Options),
        .options = rows,
        .app_options = app_options_run,
        .spec_offset = offsetof(Options, prepare.spec),
        .done = done,
        .run = run,
};
