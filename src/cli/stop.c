/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/log.h"
#include "cli/pod-args.h"

typedef struct Options {
        bool force;
        char *uuid_file;
} Options;

static const Option rows[] = {
        { "force", 0, OPTION_BOOLEAN, offsetof(Options, force), NULL, "Kill the pod", "false" },
        { "uuid-file", 0, OPTION_STRING, offsetof(Options, uuid_file), "PATH",
          "File to read the pod's UUID from" },
        {},
};

static int stop_one(const PodContext *context, Pod *p, void *userdata, Diag *diag) {
        const Options *o = userdata;
        PodState state;

        int r = pod_refresh(p, &state);
        if (r < 0)
                return diag_errno(diag, r, "cannot determine the state of pod \"%s\"", pod_uuid(p));
        if (state > POD_RUNNING && state <= POD_EXITED_DELETING) {
                printf("pod \"%s\" is already stopped\n", pod_uuid(p));
                return 0;
        }
        if (state != POD_RUNNING)
                return diag_set(diag, -ESRCH, "pod \"%s\" is not running", pod_uuid(p));

        r = pod_stop(context, p, o->force, diag);
        if (r < 0)
                return diag_wrap(diag, r, "error stopping \"%s\"", pod_uuid(p));

        printf("\"%s\"\n", pod_uuid(p));
        return 0;
}

static int run(Cli *c, void *options, char **args) {
        const PodArgsEach each = {
                .uuid_file = ((Options *) options)->uuid_file,
                .args = args,
                .handler = stop_one,
                .userdata = options,
        };
        _cleanup_diag_ Diag diag = {};
        size_t n_failed = 0;

        int r = pod_args_each(c, &each, &n_failed, &diag);
        if (r < 0)
                return cli_fail(&diag, r, NULL);
        if (n_failed > 0) {
                log_error("failed to stop %zu pod(s)", n_failed);
                return EXIT_RKT_FAILURE;
        }

        return EXIT_RKT_OK;
}

const Verb verb_stop = {
        .name = "stop",
        .usage = "[--force] --uuid-file=FILE | UUID…",
        .summary = "Stop a pod",
        .description = "Ends the apps of running pods in order; with --force, kills them.",
        .max_args = VERB_ARGS_ANY,
        .options_size = sizeof(Options),
        .options = rows,
        .run = run,
};
