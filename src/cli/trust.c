/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/log.h"
#include "cli/pod-args.h"
#include "image/trust.h"

typedef struct Options {
        bool allow_http, root, skip_review;
        char *prefix;
} Options;

static const Option rows[] = {
        { "insecure-allow-http", 0, OPTION_BOOLEAN, offsetof(Options, allow_http), NULL,
          "Allow keys to be fetched over http", "false" },
        { "prefix", 0, OPTION_STRING, offsetof(Options, prefix), "PREFIX", "Prefix to limit trust to" },
        { "root", 0, OPTION_BOOLEAN, offsetof(Options, root), NULL, "Trust the key for all images", "false" },
        { "skip-fingerprint-review", 0, OPTION_BOOLEAN, offsetof(Options, skip_review), NULL,
          "Accept the key without confirmation", "false" },
        {},
};

static void print(const char *text, void *userdata) {
        printf("%s\n", text);
}

static int ask(const char *question, char **ret_answer, void *userdata) {
        _cleanup_free_ char *line = NULL;
        size_t allocated = 0;

        printf("%s ", question);
        if (fflush(stdout) != 0)
                return -errno;

        ssize_t n = getline(&line, &allocated, stdin);
        if (n < 0)
                return -ENODATA;
        if (n > 0 && line[n - 1] == '\n')
                line[n - 1] = 0;

        *ret_answer = TAKE_PTR(line);
        return 0;
}

static int check(const Options *o, char *const *args, Diag *diag) {
        if (!o->prefix && !o->root) {
                diag_set(diag, -EINVAL, "aborting due to implicit unbounded trust (root domain)");
                return diag_hint(diag, -EINVAL,
                                 "give --prefix=example.com/foo, or ask for trust at the root with --root");
        }
        if (o->prefix && o->root)
                return diag_set(diag, -EINVAL, "--root and --prefix usage mutually exclusive");

        const char *scheme = o->prefix ? strstr(o->prefix, "://") : NULL;
        if (scheme)
                return diag_set(diag, -EINVAL, "--prefix must not contain a URL scheme, omit %.*s://",
                                (int) (scheme - o->prefix), o->prefix);

        return 0;
}

static int run(Cli *c, void *options, char **args) {
        const Options *o = options;
        char *const nowhere[] = { (char *) "", NULL };
        _cleanup_diag_ Diag diag = {};
        bool refused = false;

        int r = check(o, args, &diag);
        if (r < 0)
                return cli_fail(&diag, r, NULL);

        const FetchArgs fetch = pod_args_fetch(c, PULL_UPDATE);
        const TrustArgs trust = {
                .fetch = &fetch,
                .prefix = o->prefix,
                .allow_http = o->allow_http,
                .skip_review = o->skip_review,
                .print = print,
                .ask = ask,
        };

        STRV_FOREACH(location, args && args[0] ? args : (char **) nowhere) {
                r = trust_add_key(&trust, *location, &diag);
                if (r < 0)
                        return cli_fail(&diag, r, "error adding keys");
                if (r == 0)
                        refused = true;
        }

        if (refused) {
                log_error("not trusting a key that was not confirmed with \"yes\"");
                return EXIT_RKT_FAILURE;
        }

        return EXIT_RKT_OK;
}

const Verb verb_trust = {
        .name = "trust",
        .usage = "--prefix=PREFIX | --root [OPTIONS] PUBKEY…",
        .summary = "Trust a key for image verification",
        .description = "Adds keys to the local keystore for use in verifying signed images. PUBKEY is a\n"
                       "file or an https URL; PREFIX limits it to images of that name and below it.",
        .max_args = VERB_ARGS_ANY,
        .options_size = sizeof(Options),
        .options = rows,
        .run = run,
};
