/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/log.h"
#include "cli/verb.h"

/* "rkt help [VERB]" and every verb's --help, from the same rows that parse. "rkt help --dump" prints the rows
 * for the check of the man pages and for whoever writes a completion. */

typedef struct HelpOptions {
        bool dump;
} HelpOptions;

static const Option help_rows[] = {
        { "dump", 0, OPTION_BOOLEAN, offsetof(HelpOptions, dump), NULL, "Print all option rows, one a line",
          .hidden = true },
        {},
};

static void print_indented(FILE *to, const char *text) {
        for (const char *p = text; *p;) {
                size_t n = strcspn(p, "\n");

                fprintf(to, "\t%.*s\n", (int) n, p);
                p += n + (p[n] == '\n');
        }
}

static int print_rows(FILE *to, const char *title, const Option *rows) {
        _cleanup_(string_buf_done) StringBuf b = {};

        if (!rows)
                return 0;

        int r = option_format_help(&(OptionGroup) { .title = title, .rows = rows }, &b);
        if (r < 0)
                return r;
        if (b.size > 0)
                fprintf(to, "\n%s", b.data);

        return 0;
}

static int print_overview(FILE *to) {
        fprintf(to, "NAME:\n\trkt - rkt, the application container runner\n\n"
                    "USAGE:\n\trkt [command]\n\nVERSION:\n\t%s\n\nCOMMANDS:\n", RKT_VERSION);
        for (const Verb *const *v = cli_verbs; *v; v++)
                if (!((*v)->flags & (VERB_HIDDEN | VERB_UNSUPPORTED)))
                        fprintf(to, "\t%-22s%s\n", (*v)->name, (*v)->summary);

        return print_rows(to, "OPTIONS:", cli_global_options);
}

int cli_print_group_help(const char *group, FILE *to) {
        fprintf(to, "NAME:\n\t%s - commands of rkt %s\n\nUSAGE:\n\trkt %s [command]\n\nCOMMANDS:\n", group,
                group, group);
        for (const Verb *const *v = cli_verbs; *v; v++) {
                const char *rest = startswith((*v)->name, group);

                if (rest && *rest == ' ' && !((*v)->flags & (VERB_HIDDEN | VERB_UNSUPPORTED)))
                        fprintf(to, "\t%-22s%s\n", (*v)->name, (*v)->summary);
        }

        return EXIT_RKT_OK;
}

int cli_print_help(const Verb *v, FILE *to) {
        int r;

        if (!v)
                r = print_overview(to);
        else {
                fprintf(to, "NAME:\n\t%s - %s\n\nUSAGE:\n\trkt %s %s\n", v->name, v->summary, v->name,
                        v->usage);
                if (v->description) {
                        fputs("\nDESCRIPTION:\n", to);
                        print_indented(to, v->description);
                }
                r = print_rows(to, "OPTIONS:", v->options);
                if (r >= 0)
                        r = print_rows(to, "OPTIONS AFTER AN IMAGE:", v->app_options);
                if (r >= 0)
                        r = print_rows(to, "GLOBAL OPTIONS:", cli_global_options);
        }

        return r < 0 ? (log_error_errno(r, "cannot print help"), EXIT_RKT_FAILURE) : EXIT_RKT_OK;
}

static void dump_rows(const char *verb, const char *level, const Option *rows) {
        for (const Option *o = rows; o && o->name; o++)
                printf("%s\t%s\t--%s\t%s\t%s%s%s\n", verb, level, o->name, strempty(o->metavar),
                       o->hidden ? "hidden " : "", o->unsupported ? "unsupported " : "",
                       o->deprecated ? "deprecated" : "");
}

static int dump(void) {
        for (const Verb *const *v = cli_verbs; *v; v++) {
                printf("%s\tverb\t\t%s\t%s%s\n", (*v)->name, (*v)->usage,
                       (*v)->flags & VERB_HIDDEN ? "hidden " : "",
                       (*v)->flags & VERB_UNSUPPORTED ? "unsupported " : "");
                dump_rows((*v)->name, "option", (*v)->options);
                dump_rows((*v)->name, "app-option", (*v)->app_options);
        }
        dump_rows("", "global", cli_global_options);

        return EXIT_RKT_OK;
}

static int run_help(Cli *c, void *options, char **args) {
        HelpOptions *o = options;
        _cleanup_diag_ Diag diag = {};
        const Verb *v = NULL;
        int i = 0;

        if (o->dump)
                return dump();
        if (!args || !args[0])
                return cli_print_help(NULL, stdout);

        if (!args[1] && verb_is_group(args[0]))
                return cli_print_group_help(args[0], stdout);

        int r = verb_find((int) strv_length(args), args, &i, &v, &diag);
        if (r < 0)
                return cli_fail(&diag, r, NULL);

        return cli_print_help(v, stdout);
}

const Verb verb_help = {
        .name = "help",
        .usage = "[VERB]",
        .summary = "Help about any command",
        .max_args = 2,
        .options_size = sizeof(HelpOptions),
        .options = help_rows,
        .run = run_help,
};
