/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/log.h"
#include "cli/pod-args.h"

#define ENTER_COMMAND_DEFAULT "/bin/bash"

typedef struct Options {
        char *app;
} Options;

static const Option rows[] = {
        { "app", 0, OPTION_STRING, offsetof(Options, app), "NAME", "App to enter" },
        {},
};

static int run(Cli *c, void *options, char **args) {
        const Options *o = options;
        _cleanup_diag_ Diag diag = {};
        _cleanup_(pod_closep) Pod *pod = NULL;
        char *const fallback[] = { (char *) ENTER_COMMAND_DEFAULT, NULL };

        int r = pod_args_open(c, NULL, args, &pod, &diag);
        if (r >= 0) {
                const PodContext context = pod_context(c);

                if (!args[1])
                        log_info("no command specified, assuming \"%s\"", ENTER_COMMAND_DEFAULT);
                r = pod_enter(&context, pod, o->app, args[1] ? args + 1 : fallback, &diag);
        }

        return cli_fail(&diag, r, NULL);
}

const Verb verb_enter = {
        .name = "enter",
        .usage = "[--app=APPNAME] UUID [CMD [ARGS…]]",
        .summary = "Enter the namespaces of an app within a rkt pod",
        .description = "Runs a command, /bin/bash if none is given, in an app of a running pod, with\n"
                       "no more rights than the app itself has.",
        .min_args = 1,
        .max_args = VERB_ARGS_ANY,
        .flags = VERB_NEEDS_ROOT | VERB_STOP_AT_ARG,
        .options_size = sizeof(Options),
        .options = rows,
        .run = run,
};
