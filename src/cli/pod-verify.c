/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/json.h"
#include "cli/verb.h"
#include "podfile/podfile.h"

typedef struct Options {
        bool all, json;
} Options;

static const Option rows[] = {
        { "all", 0, OPTION_BOOLEAN, offsetof(Options, all), NULL, "Check every installed pod file", "false" },
        { "json", 0, OPTION_BOOLEAN, offsetof(Options, json), NULL, "Print the findings as JSON", "false" },
        {},
};

/* What loading refuses without a finding of its own (no such file, unreadable) becomes one of the file as a
 * whole. */
static int collect(int error, const Diag *d, const char *subject, FindingList *findings) {
        _cleanup_free_ char *message = NULL;

        if (error >= 0 || error == -EBADMSG || error == -ERFKILL)
                return 0;

        message = diag_is_set(d) ? diag_format_line(d) : strdup(strerror(-error));
        if (!message)
                return -ENOMEM;

        return finding_list_add(findings, &(Finding) {
                .level = FINDING_ERROR,
                .file = (char *) subject,
                .message = message,
        });
}

static int verify_files(char *const *files, FindingList *findings) {
        STRV_FOREACH(file, files) {
                _cleanup_(podfile_freep) PodFile *f = NULL;
                _cleanup_diag_ Diag diag = {};

                int r = podfile_load_file(*file, &f, findings, &diag);
                r = collect(r, &diag, *file, findings);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int print(const FindingList *l, bool json) {
        if (json) {
                _cleanup_free_ char *text = NULL;

                int r = finding_list_to_json(l, /* pretty= */ true, &text);
                if (r >= 0)
                        printf("%s\n", text);
                return r;
        }

        for (size_t i = 0; i < l->n; i++) {
                _cleanup_free_ char *line = finding_format(&l->items[i]);

                if (!line)
                        return -ENOMEM;
                printf("%s\n", line);
        }

        return 0;
}

static int run(Cli *c, void *options, char **args) {
        const Options *o = options;
        _cleanup_diag_ Diag diag = {};
        FindingList findings = {};
        int code = EXIT_VERIFY_CLEAN, r;

        if (o->all == (args && args[0]))
                return cli_usage_error(c, "give either pod files or --all");

        r = o->all ? podfile_verify_all(paths_pod_file_dirs(), &findings, &diag)
                   : verify_files(args, &findings);
        if (r >= 0)
                r = print(&findings, o->json);

        if (finding_list_count(&findings, FINDING_ERROR) > 0)
                code = EXIT_VERIFY_ERRORS;
        else if (findings.n > 0)
                code = EXIT_VERIFY_WARNINGS;
        finding_list_done(&findings);

        return r < 0 ? cli_fail(&diag, r, "cannot verify pod files") : code;
}

const Verb verb_pod_verify = {
        .name = "pod verify",
        .usage = "[--json] FILE… | --all",
        .summary = "Check pod files",
        .description = "Prints \"FILE:LINE:COLUMN: error: …\" for each finding. Exits 0 if there is\n"
                       "none, 1 if there are warnings only, 2 if there are errors.",
        .max_args = VERB_ARGS_ANY,
        .options_size = sizeof(Options),
        .options = rows,
        .run = run,
};
