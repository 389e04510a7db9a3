/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/log.h"
#include "cli/pod-args.h"

typedef struct Options {
        char *uuid_file;
} Options;

static const Option rows[] = {
        { "uuid-file", 0, OPTION_STRING, offsetof(Options, uuid_file), "PATH",
          "File to read the pod's UUID from" },
        {},
};

static int remove_one(const PodContext *context, Pod *p, void *userdata, Diag *diag) {
        int r = pod_remove(context, p, diag);
        if (r < 0)
                return r;

        printf("\"%s\"\n", pod_uuid(p));
        return 0;
}

static int run(Cli *c, void *options, char **args) {
        const PodArgsEach each = {
                .uuid_file = ((Options *) options)->uuid_file,
                .args = args,
                .handler = remove_one,
        };
        _cleanup_diag_ Diag diag = {};
        size_t n_failed = 0;

        int r = pod_args_each(c, &each, &n_failed, &diag);
        if (r < 0)
                return cli_fail(&diag, r, NULL);
        if (n_failed > 0) {
                log_error("failed to remove one or more pods");
                return EXIT_RKT_FAILURE;
        }

        return EXIT_RKT_OK;
}

const Verb verb_rm = {
        .name = "rm",
        .usage = "--uuid-file=FILE | UUID…",
        .summary = "Remove all files and resources associated with an exited pod",
        .description = "Does at once, and for these pods only, what \"rkt gc\" does in time.",
        .max_args = VERB_ARGS_ANY,
        .flags = VERB_NEEDS_ROOT,
        .options_size = sizeof(Options),
        .options = rows,
        .run = run,
};
