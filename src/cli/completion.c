/* SPDX-License-Identifier: Apache-2.0 */

#include "cli/verb.h"

/* The bash completion script: two tables made from the option rows, and the function that looks words up in
 * them. */

static void print_flags(const Option *rows) {
        for (const Option *o = rows; o && o->name; o++)
                if (!o->hidden && !o->unsupported)
                        printf(" --%s%s", o->name, o->kind == OPTION_BOOLEAN || o->implied ? "" : "=");
}

static void print_tables(void) {
        fputs("# bash completion for rkt(1)\n\ndeclare -gA _rkt_flags=(\n", stdout);
        for (const Verb *const *v = cli_verbs; *v; v++) {
                if ((*v)->flags & (VERB_HIDDEN | VERB_UNSUPPORTED))
                        continue;
                printf("        ['%s']='", (*v)->name);
                print_flags((*v)->options);
                print_flags((*v)->app_options);
                fputs("'\n", stdout);
        }
        fputs(")\n_rkt_global_flags='", stdout);
        print_flags(cli_global_options);
        fputs("'\n\n", stdout);
}

static const char completion_function[] =
        "_rkt() {\n"
        "        local cur=${COMP_WORDS[COMP_CWORD]} verb='' word names='' i\n"
        "        for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "                word=${COMP_WORDS[i]}\n"
        "                [[ $word == -* ]] && continue\n"
        "                if [[ -z $verb ]]; then verb=$word\n"
        "                elif [[ -n ${_rkt_flags[$verb $word]+x} ]]; then verb+=\" $word\"; break\n"
        "                else break; fi\n"
        "        done\n"
        "        COMPREPLY=()\n"
        "        if [[ $cur == -* ]]; then\n"
        "                COMPREPLY=($(compgen -W \"${_rkt_flags[$verb]} $_rkt_global_flags\" -- \"$cur\"))\n"
        "                [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
        "                return\n"
        "        fi\n"
        "        for word in \"${!_rkt_flags[@]}\"; do\n"
        "                if [[ -z $verb ]]; then\n"
        "                        [[ \" $names \" == *\" ${word%% *} \"* ]] || names+=\" ${word%% *}\"\n"
        "                elif [[ $word == \"$verb \"* ]]; then names+=\" ${word#* }\"; fi\n"
        "        done\n"
        "        if [[ -z $names ]]; then\n"
        "                case $verb in\n"
        "                enter | rm | run-prepared | status | stop | cat-manifest)\n"
        "                        names=$(rkt list --full --no-legend 2>/dev/null |\n"
        "                                awk '$1 ~ /-.*-.*-.*-/ { print $1 }') ;;\n"
        "                image\\ rm | image\\ cat-manifest | image\\ verify | image\\ ex* | image\\ render)\n"
        "                        names=$(rkt image list --no-legend --fields=name 2>/dev/null) ;;\n"
        "                esac\n"
        "        fi\n"
        "        if [[ -n $names ]]; then COMPREPLY=($(compgen -W \"$names\" -- \"$cur\"))\n"
        "        else compopt -o default; fi\n"
        "}\n"
        "complete -F _rkt rkt\n";

static int run(Cli *c, void *options, char **args) {
        if (!streq(args[0], "bash"))
                return cli_usage_error(c, "\"%s\" is no shell that there is a completion for; there is: bash",
                                       args[0]);

        print_tables();
        fputs(completion_function, stdout);
        return EXIT_RKT_OK;
}

const Verb verb_completion = {
        .name = "completion",
        .usage = "bash",
        .summary = "Output shell completion code for the specified shell",
        .min_args = 1,
        .max_args = 1,
        .run = run,
};
