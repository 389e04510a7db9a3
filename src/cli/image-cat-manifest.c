/* SPDX-License-Identifier: Apache-2.0 */

#include "cli/image-args.h"

typedef struct Options {
        bool pretty_print;
} Options;

static const Option rows[] = {
        { "pretty-print", 0, OPTION_BOOLEAN, offsetof(Options, pretty_print), NULL, "Indent the output",
          "true" },
        {},
};

static void init(void *options) {
        ((Options *) options)->pretty_print = true;
}

static int run(Cli *c, void *options, char **args) {
        const Options *o = options;
        _cleanup_diag_ Diag diag = {};
        _cleanup_(image_manifest_freep) ImageManifest *m = NULL;
        _cleanup_free_ char *id = NULL, *text = NULL;

        int r = image_args_resolve(c, args[0], &id, &diag);
        if (r >= 0)
                r = image_store_load_manifest(c->store, id, &m, &diag);
        if (r >= 0)
                r = image_manifest_format(m, o->pretty_print, &text);
        if (r < 0)
                return cli_fail(&diag, r, NULL);

        printf("%s\n", text);
        return EXIT_RKT_OK;
}

const Verb verb_image_cat_manifest = {
        .name = "image cat-manifest",
        .usage = "[OPTIONS] IMAGE",
        .summary = "Inspect and print the image manifest",
        .description = "IMAGE is an image ID or name.",
        .min_args = 1,
        .max_args = 1,
        .options_size = sizeof(Options),
        .options = rows,
        .init = init,
        .run = run,
};
