/* SPDX-License-Identifier: Apache-2.0 */

#include "cli/prepare-options.h"

typedef struct Options {
        PrepareOptions prepare;
        bool quiet;
} Options;

static const Option rows[] = {
        PREPARE_OPTION_ROWS(Options, prepare),
        { "quiet", 0, OPTION_BOOLEAN, offsetof(Options, quiet), NULL,
          "Print only the UUID on stdout (as it always is)", "false" },
        {},
};

static void done(void *options) {
        pod_spec_done(&((Options *) options)->prepare.spec);
}

static int run(Cli *c, void *options, char **args) {
        Options *o = options;
        _cleanup_diag_ Diag diag = {};
        _cleanup_(pod_closep) Pod *pod = NULL;

        int r = prepare_options_check(&o->prepare, &diag);
        if (r >= 0)
                r = prepare_options_prepare(c, &o->prepare, &pod, &diag);
        if (r >= 0)
                r = pod_transition(pod, POD_PHASE_PREPARED, &diag);
        if (r < 0)
                return cli_fail(&diag, r, NULL);

        printf("%s\n", pod_uuid(pod));
        return EXIT_RKT_OK;
}

const Verb verb_prepare = {
        .name = "prepare",
        .usage = "[OPTIONS] IMAGE [IMAGE OPTIONS] [-- ARGS… [---]] …",
        .summary = "Prepare to run image(s) in a pod in rkt",
        .description =
                "Fetches and renders the images and lays out the pod, which \"rkt run-prepared\" then runs.\n"
                "IMAGE is an image's id, a path, a URL or the name of an image in the store.",
        .flags = VERB_NEEDS_ROOT | VERB_APP_ARGS,
        .options_size = sizeof(Options),
        .options = rows,
        .app_options = app_options_run,
        .spec_offset = offsetof(Options, prepare.spec),
        .done = done,
        .run = run,
};
