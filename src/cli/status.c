/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/parse-util.h"
#include "cli/list-format.h"
#include "cli/pod-args.h"

typedef struct Options {
        char *uuid_file, *format;
        char *wait, *wait_ready;
} Options;

static const Option rows[] = {
        { "format", 0, OPTION_STRING, offsetof(Options, format), "json|json-pretty",
          "Output format; lines of KEY=VALUE if not given" },
        { "uuid-file", 0, OPTION_STRING, offsetof(Options, uuid_file), "PATH",
          "File to read the pod's UUID from" },
        { "wait", 0, OPTION_STRING, offsetof(Options, wait), "BOOL|DURATION", "Wait for the pod to finish",
          "false", .implied = "true" },
        { "wait-ready", 0, OPTION_STRING, offsetof(Options, wait_ready), "BOOL|DURATION",
          "Wait for the pod to be ready", "false", .implied = "true" },
        {},
};

/* Both waiting flags take a boolean or a duration; a negative one waits for ever, like "true". 0: do not
 * wait. */
static int parse_wait(const char *flag, const char *value, usec_t *ret, Diag *diag) {
        int64_t usec;

        int b = isempty(value) ? (value ? 1 : 0) : parse_boolean(value);
        if (b >= 0) {
                *ret = b ? USEC_INFINITY : 0;
                return 0;
        }

        int r = parse_go_duration(value, &usec);
        if (r < 0)
                return diag_set(diag, -EINVAL, "--%s: \"%s\" is neither a boolean nor a duration (30s, 5m)",
                                flag, value);

        *ret = usec < 0 ? USEC_INFINITY : (usec_t) usec;
        return 0;
}

static int wait_for(Pod *p, const Options *o, Diag *diag) {
        const struct {
                const char *flag, *value, *what;
                bool ready;
        } waits[] = {
                { "wait-ready", o->wait_ready, "error waiting for pod readiness", true },
                { "wait", o->wait, "error waiting for pod to finish", false },
        };

        for (size_t i = 0; i < ELEMENTSOF(waits); i++) {
                usec_t timeout;

                int r = parse_wait(waits[i].flag, waits[i].value, &timeout, diag);
                if (r < 0)
                        return r;
                if (timeout == 0)
                        continue;

                r = pod_wait(p, waits[i].ready, timeout, diag);
                if (r < 0)
                        return diag_is_set(diag) ? diag_wrap(diag, r, "%s", waits[i].what)
                                                 : diag_errno(diag, r, "%s", waits[i].what);
        }

        return 0;
}

static void print_exit_codes(const PodStatus *s) {
        for (size_t i = 0; i < s->n_apps; i++)
                if (s->apps[i].exit_code >= 0)
                        printf("app-%s=%d\n", s->apps[i].name, s->apps[i].exit_code);
}

static int print_lines(const PodStatus *s) {
        bool was_run = s->state >= POD_RUNNING && s->state <= POD_EXITED_DELETING;
        _cleanup_free_ char *created = format_timestamp(s->created);

        if (!created)
                return -ENOMEM;

        printf("state=%s\n", pod_state_to_string(s->state));
        printf("created=%s\n", created);
        if (s->started > 0) {
                _cleanup_free_ char *started = format_timestamp(s->started);

                if (!started)
                        return -ENOMEM;
                printf("started=%s\n", started);
        }
        if (s->state == POD_RUNNING || s->state == POD_EXITED)
                printf("networks=%s\n", strempty(s->networks));
        if (!was_run)
                return 0;

        if (s->pid > 0)
                printf("pid=%d\n", (int) s->pid);
        printf("exited=%s\n", s->state == POD_EXITED || s->state == POD_EXITED_MARKED ? "true" : "false");
        if (s->state != POD_RUNNING)
                print_exit_codes(s);

        return 0;
}

static int print(const PodStatus *s, OutputFormat format, Diag *diag) {
        _cleanup_(json_writer_freep) JsonWriter *w = NULL;

        if (format == OUTPUT_TABBED)
                return print_lines(s);

        int r = json_writer_new(format == OUTPUT_JSON_PRETTY, &w);
        if (r < 0)
                return r;

        pod_write_json(s, w);
        return json_writer_print(w, diag);
}

static int run(Cli *c, void *options, char **args) {
        const Options *o = options;
        _cleanup_diag_ Diag diag = {};
        _cleanup_(pod_closep) Pod *pod = NULL;
        _cleanup_(pod_status_done) PodStatus status = {};
        OutputFormat format;

        int r = output_format_parse(o->format, &format, &diag);
        if (r >= 0)
                r = pod_args_open(c, o->uuid_file, args, &pod, &diag);
        if (r >= 0)
                r = wait_for(pod, o, &diag);
        if (r >= 0)
                r = pod_get_status(pod, &status, &diag);
        if (r >= 0)
                r = print(&status, format, &diag);

        return r < 0 ? cli_fail(&diag, r, NULL) : EXIT_RKT_OK;
}

const Verb verb_status = {
        .name = "status",
        .usage = "[--wait[=BOOL|DURATION]] [--wait-ready[=BOOL|DURATION]] --uuid-file=FILE | UUID",
        .summary = "Check the status of a rkt pod",
        .description =
                "Prints the pod's state, times, pid, and the exit codes of its apps once it has ended.",
        .max_args = 1,
        .options_size = sizeof(Options),
        .options = rows,
        .run = run,
};
