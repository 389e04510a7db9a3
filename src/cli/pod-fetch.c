/* SPDX-License-Identifier: Apache-2.0 */

#include "cli/pod-declared.h"

static int run(Cli *c, void *options, char **args) {
        _cleanup_(declared_pod_done) DeclaredPod pod = {};
        _cleanup_diag_ Diag diag = {};

        int r = declared_pod_load(c, args[0], &pod, &diag);
        if (r >= 0)
                r = declared_pod_fetch(c, &pod, /* ret_ids= */ NULL, &diag);

        return r < 0 ? cli_fail(&diag, r, NULL) : EXIT_RKT_OK;
}

const Verb verb_pod_fetch = {
        .name = "pod fetch",
        .usage = "NAME",
        .summary = "Fetch and render the images of a declared pod",
        .description = "What pod-fetch@NAME.service runs.",
        .min_args = 1,
        .max_args = 1,
        .flags = VERB_NEEDS_ROOT,
        .run = run,
};
