/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/parse-util.h"
#include "cli/pod-args.h"

#define GC_GRACE_PERIOD_DEFAULT "30m"
#define GC_EXPIRE_PREPARED_DEFAULT "24h"

typedef struct Options {
        char *grace_period, *expire_prepared;
        bool mark_only;
} Options;

static const Option rows[] = {
        { "expire-prepared", 0, OPTION_STRING, offsetof(Options, expire_prepared), "DURATION",
          "How long prepared pods are kept", "24h0m0s" },
        { "grace-period", 0, OPTION_STRING, offsetof(Options, grace_period), "DURATION",
          "How long exited pods are kept after they were marked", "30m0s" },
        { "mark-only", 0, OPTION_BOOLEAN, offsetof(Options, mark_only), NULL,
          "Only move exited and failed pods to the garbage, delete nothing", "false" },
        {},
};

static int parse_period(const char *flag, const char *value, usec_t *ret, Diag *diag) {
        int64_t usec;

        if (parse_go_duration(value, &usec) < 0 || usec < 0)
                return diag_set(diag, -EINVAL, "--%s: \"%s\" is no duration (30m, 24h0m0s)", flag, value);

        *ret = (usec_t) usec;
        return 0;
}

static int run(Cli *c, void *options, char **args) {
        const Options *o = options;
        PodGcArgs gc = { .mark_only = o->mark_only, .notify = pod_args_notify };
        _cleanup_diag_ Diag diag = {};

        int r = parse_period("grace-period", o->grace_period ?: GC_GRACE_PERIOD_DEFAULT, &gc.grace_period,
                             &diag);
        if (r >= 0)
                r = parse_period("expire-prepared", o->expire_prepared ?: GC_EXPIRE_PREPARED_DEFAULT,
                                 &gc.expire_prepared, &diag);
        if (r >= 0)
                r = cli_open_data_dir(c, /* create= */ false, &diag);
        if (r == -ENOENT)
                return EXIT_RKT_OK; /* nothing was ever run here */
        if (r >= 0) {
                const PodContext context = pod_context(c);

                r = pods_gc(&context, &gc, &diag);
        }

        return r < 0 ? cli_fail(&diag, r, NULL) : EXIT_RKT_OK;
}

const Verb verb_gc = {
        .name = "gc",
        .usage = "[OPTIONS]",
        .summary = "Garbage collect rkt pods no longer in use",
        .description =
                "Marks exited pods, and removes those that were marked longer than the grace period ago.\n"
                "Meant for a timer: rkt-gc.timer.",
        .flags = VERB_NEEDS_ROOT,
        .options_size = sizeof(Options),
        .options = rows,
        .run = run,
};
