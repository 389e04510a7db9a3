/* SPDX-License-Identifier: Apache-2.0 */

#include "cli/app-args.h"
#include "cli/pod-args.h"

typedef struct Options {
        PodSpec spec; /* only images and their signatures */
        bool full, store_only, no_store;
        char *pull_policy;
} Options;

static const Option rows[] = {
        { "full", 0, OPTION_BOOLEAN, offsetof(Options, full), NULL, "Print the full image ID", "false" },
        { "no-store", 0, OPTION_BOOLEAN, offsetof(Options, no_store), NULL, "Fetch ignoring the local store",
          .hidden = true, .deprecated = "please use --pull-policy=update" },
        { "pull-policy", 0, OPTION_STRING, offsetof(Options, pull_policy), "new|never|update",
          "When to fetch an image", "update" },
        { "store-only", 0, OPTION_BOOLEAN, offsetof(Options, store_only), NULL,
          "Use only images of the local store", .hidden = true,
          .deprecated = "please use --pull-policy=never" },
        {},
};

/* Enough to tell images apart in a terminal; --full prints the store key. */
#define FETCH_SHORT_ID_LENGTH (7 + 32)

static void done(void *options) {
        pod_spec_done(&((Options *) options)->spec);
}

static int run(Cli *c, void *options, char **args) {
        const Options *o = options;
        _cleanup_diag_ Diag diag = {};
        PullPolicy policy;

        int r = pod_args_pull_policy(o->pull_policy, PULL_UPDATE, o->store_only, o->no_store, &policy, &diag);
        if (r >= 0 && o->spec.n_apps == 0)
                r = diag_set(&diag, -EINVAL, "must provide at least one image");
        if (r >= 0)
                r = cli_open_store(c, /* create= */ true, &diag);

        for (size_t i = 0; r >= 0 && i < o->spec.n_apps; i++) {
                _cleanup_free_ char *id = NULL;

                r = pod_args_fetch_app(c, &o->spec.apps[i], policy, &id, &diag);
                if (r >= 0)
                        printf("%.*s\n", o->full ? IMAGE_ID_LENGTH : FETCH_SHORT_ID_LENGTH, id);
        }

        return r < 0 ? cli_fail(&diag, r, NULL) : EXIT_RKT_OK;
}

const Verb verb_fetch = {
        .name = "fetch",
        .usage = "[OPTIONS] IMAGE [--signature=PATH] …",
        .summary = "Fetch image(s) and store them in the local store",
        .description = "Gets, verifies, stores and renders images, and prints their IDs.",
        .options_size = sizeof(Options),
        .options = rows,
        .app_options = app_options_fetch,
        .spec_offset = offsetof(Options, spec),
        .done = done,
        .run = run,
};
