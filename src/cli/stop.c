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

static int stop_one(Cli *c, const char *uuid, bool force, Diag *diag) {
        _cleanup_(pod_closep) Pod *pod = NULL;
        const PodContext context = pod_context(c);
        PodState state;

        int r = pod_open(c->data_dir_fd, uuid, &pod, diag);
        if (r >= 0)
                r = pod_refresh(pod, &state);
        if (r < 0)
                return diag_is_set(diag) ? diag_wrap(diag, r, "cannot get pod")
                                         : diag_errno(diag, r, "cannot get pod \"%s\"", uuid);

        if (state > POD_RUNNING && state <= POD_EXITED_DELETING) {
                printf("pod \"%s\" is already stopped\n", pod_uuid(pod));
                return 0;
        }
        if (state != POD_RUNNING)
                return diag_set(diag, -ESRCH, "pod \"%s\" is not running", pod_uuid(pod));

        r = pod_stop(&context, pod, force, diag);
        if (r < 0)
                return diag_wrap(diag, r, "error stopping \"%s\"", pod_uuid(pod));

        printf("\"%s\"\n", pod_uuid(pod));
        return 0;
}

static int run(Cli *c, void *options, char **args) {
        const Options *o = options;
        _cleanup_strv_free_ char **uuids = NULL;
        _cleanup_diag_ Diag diag = {};
        size_t n_failed = 0;

        int r = pod_args_uuids(o->uuid_file, args, &uuids, &diag);
        if (r >= 0)
                r = cli_open_data_dir(c, /* create= */ false, &diag);
        if (r < 0)
                return cli_fail(&diag, r, NULL);

        STRV_FOREACH(uuid, uuids) {
                _cleanup_diag_ Diag d = {};

                r = stop_one(c, *uuid, o->force, &d);
                if (r < 0) {
                        log_diag(&d, r);
                        n_failed++;
                }
        }

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
