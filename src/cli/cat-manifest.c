/* SPDX-License-Identifier: Apache-2.0 */

#include "cli/pod-args.h"

typedef struct Options {
        bool pretty_print;
        char *uuid_file;
} Options;

static const Option rows[] = {
        { "pretty-print", 0, OPTION_BOOLEAN, offsetof(Options, pretty_print), NULL, "Indent the output",
          "true" },
        { "uuid-file", 0, OPTION_STRING, offsetof(Options, uuid_file), "PATH",
          "File to read the pod's UUID from" },
        {},
};

static void init(void *options) {
        ((Options *) options)->pretty_print = true;
}

static int run(Cli *c, void *options, char **args) {
        const Options *o = options;
        _cleanup_diag_ Diag diag = {};
        _cleanup_(pod_closep) Pod *pod = NULL;
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL;
        _cleanup_free_ char *text = NULL;

        int r = pod_args_open(c, o->uuid_file, args, &pod, &diag);
        if (r >= 0)
                r = pod_load_manifest(pod, &m, &diag);
        if (r >= 0)
                r = pod_manifest_format(m, o->pretty_print, &text);
        if (r < 0)
                return cli_fail(&diag, r, NULL);

        printf("%s\n", text);
        return EXIT_RKT_OK;
}

const Verb verb_cat_manifest = {
        .name = "cat-manifest",
        .usage = "[OPTIONS] --uuid-file=FILE | UUID",
        .summary = "Inspect and print the pod manifest",
        .max_args = 1,
        .options_size = sizeof(Options),
        .options = rows,
        .init = init,
        .run = run,
};
