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

static int remove_one(Cli *c, const char *uuid, Diag *diag) {
        _cleanup_(pod_closep) Pod *pod = NULL;
        const PodContext context = pod_context(c);

        int r = pod_open(c->data_dir_fd, uuid, &pod, diag);
        if (r < 0)
                return diag_wrap(diag, r, "cannot get pod");

        r = pod_remove(&context, pod, diag);
        if (r < 0)
                return r;

        printf("\"%s\"\n", pod_uuid(pod));
        return 0;
}

static int run(Cli *c, void *options, char **args) {
        const Options *o = options;
        _cleanup_strv_free_ char **uuids = NULL;
        _cleanup_diag_ Diag diag = {};
        bool failed = false;

        int r = pod_args_uuids(o->uuid_file, args, &uuids, &diag);
        if (r >= 0)
                r = cli_open_data_dir(c, /* create= */ false, &diag);
        if (r < 0)
                return cli_fail(&diag, r, NULL);

        STRV_FOREACH(uuid, uuids) {
                _cleanup_diag_ Diag d = {};

                r = remove_one(c, *uuid, &d);
                if (r < 0) {
                        log_diag(&d, r);
                        failed = true;
                }
        }

        if (failed) {
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
