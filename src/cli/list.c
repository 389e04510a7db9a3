/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/log.h"
#include "basic/table.h"
#include "cli/list-format.h"
#include "cli/pod-args.h"

/* One line an app; what belongs to the pod stands on the first of its lines only. */

typedef struct Options {
        bool full, no_legend;
        char *format;
} Options;

static const Option rows[] = {
        { "format", 0, OPTION_STRING, offsetof(Options, format), "json|json-pretty",
          "Output format; a table if not given" },
        { "full", 0, OPTION_BOOLEAN, offsetof(Options, full), NULL, "Use long output format", "false" },
        { "no-legend", 0, OPTION_BOOLEAN, offsetof(Options, no_legend), NULL, "Leave out the heading",
          "false" },
        {},
};

/* Characters of an id that tell pods, and images, apart in a list. */
#define LIST_UUID_SHORT 8
#define LIST_IMAGE_ID_LENGTH (7 + IMAGE_ID_SHORT_HEX)

typedef struct Listing {
        const Options *options;
        usec_t now;
        Table *table;
        JsonWriter *writer;
        size_t n_failed;
} Listing;

static int add_cells(Table *t, const char *const *cells, size_t n) {
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i++)
                if (cells[i])
                        r = table_add(t, cells[i]);

        return r;
}

static int add_legend(Listing *l) {
        const char *const cells[] = {
                "UUID",
                "APP",
                "IMAGE NAME",
                l->options->full ? "IMAGE ID" : NULL,
                "STATE",
                "CREATED",
                "STARTED",
                "NETWORKS",
        };

        return l->options->no_legend ? 0 : add_cells(l->table, cells, ELEMENTSOF(cells));
}

static int add_app(Listing *l, const PodStatus *s, const AppStatus *a, bool first) {
        bool full = l->options->full;
        _cleanup_free_ char *uuid = strndup(s->uuid, full ? strlen(s->uuid) : LIST_UUID_SHORT);
        _cleanup_free_ char *image_id = strndup(a && a->image_id ? a->image_id : "-", LIST_IMAGE_ID_LENGTH);
        _cleanup_free_ char *created = list_timestamp(s->created, full, l->now);
        _cleanup_free_ char *started = list_timestamp(s->started, full, l->now);

        if (!uuid || !image_id || !created || !started)
                return -ENOMEM;

        const char *const cells[] = {
                first ? uuid : "",
                a ? a->name : "-",
                a ? a->image_name ?: "--" : "-",
                full ? image_id : NULL,
                first ? pod_state_to_string(s->state) : "",
                first ? created : "",
                first ? started : "",
                first ? strempty(s->networks) : "",
        };

        return add_cells(l->table, cells, ELEMENTSOF(cells));
}

static int add_pod(Pod *p, PodState state, void *userdata) {
        _cleanup_(pod_status_done) PodStatus status = {};
        _cleanup_diag_ Diag diag = {};
        Listing *l = userdata;

        /* What is not a pod yet, or was a failed prepare, is nobody's concern but gc's. */
        if (pod_phase(p) == POD_PHASE_EMBRYO || pod_phase(p) == POD_PHASE_GARBAGE)
                return 0;

        /* The table shows neither exit codes nor anything else that takes time to find out. */
        int r = l->writer ? pod_get_status(p, &status, &diag) : pod_get_summary(p, state, &status, &diag);
        if (r == -ENOENT)
                return 0; /* removed meanwhile */
        if (r < 0) {
                l->n_failed++;
                log_diag(&diag, r);
                return 0;
        }

        if (l->writer) {
                pod_write_json(&status, l->writer);
                return 0;
        }

        if (status.n_apps == 0)
                return add_app(l, &status, NULL, /* first= */ true);
        for (size_t i = 0; i < status.n_apps; i++) {
                r = add_app(l, &status, &status.apps[i], i == 0);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int print_table(Cli *c, Listing *l) {
        _cleanup_free_ char *text = NULL;

        int r = table_new(l->options->full ? 8 : 7, &l->table);
        if (r >= 0)
                r = add_legend(l);
        if (r >= 0 && c->data_dir_fd >= 0)
                r = pods_foreach(c->data_dir_fd, add_pod, l);
        if (r >= 0)
                r = table_format(l->table, /* aligned= */ true, &text);
        if (r >= 0)
                fputs(text, stdout);
        table_free(l->table);

        return r;
}

static int print_json(Cli *c, Listing *l, bool pretty, Diag *diag) {
        int r = json_writer_new(pretty, &l->writer);
        if (r < 0)
                return r;

        json_write_array_begin(l->writer, NULL);
        if (c->data_dir_fd >= 0)
                r = pods_foreach(c->data_dir_fd, add_pod, l);
        json_write_array_end(l->writer);
        if (r >= 0)
                r = json_writer_print(l->writer, diag);
        json_writer_free(l->writer);

        return r;
}

static int run(Cli *c, void *options, char **args) {
        _cleanup_diag_ Diag diag = {};
        Listing l = { .options = options, .now = now_usec(CLOCK_REALTIME) };
        OutputFormat format;

        int r = output_format_parse(l.options->format, &format, &diag);
        if (r < 0)
                return cli_fail(&diag, r, NULL);

        /* Nothing was ever run here: an empty list. */
        r = cli_open_data_dir(c, /* create= */ false, &diag);
        if (r == -ENOENT)
                r = 0;
        if (r >= 0)
                r = format == OUTPUT_TABBED ? print_table(c, &l)
                                            : print_json(c, &l, format == OUTPUT_JSON_PRETTY, &diag);
        if (r < 0)
                return cli_fail(&diag, r, "failed to list pods");

        return l.n_failed > 0 ? EXIT_RKT_FAILURE : EXIT_RKT_OK;
}

const Verb verb_list = {
        .name = "list",
        .usage = "[OPTIONS]",
        .summary = "List pods",
        .description = "Prints a table of all pods and their apps.",
        .options_size = sizeof(Options),
        .options = rows,
        .run = run,
};
