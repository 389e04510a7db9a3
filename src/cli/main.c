/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/log.h"
#include "basic/process-util.h"
#include "cli/app-args.h"
#include "cli/verb.h"

/* rkt(1): finds the verb, parses by its rows, runs it, turns its result into the exit code.
 *
 * As with rkt, options of a verb may also stand before it ("rkt --net=host run IMAGE"). So the verb is found
 * first, skipping options and their values (any verb's rows say which option takes one); then all that is not
 * the verb is parsed by that verb's rows, in order. */

const Option cli_global_options[] = {
        { "debug", 0, OPTION_BOOLEAN, offsetof(GlobalOptions, debug), NULL,
          "Print more information to stderr", "false" },
        { "dir", 0, OPTION_STRING, offsetof(GlobalOptions, paths.data_dir), "PATH", "Data directory",
          "/var/lib/rkt" },
        { "insecure-options", 0, OPTION_LIST, offsetof(GlobalOptions, insecure_options), "NAME[,NAME…]",
          "Security checks to turn off: none, http, image, tls, ondisk, pubkey, capabilities, "
          "paths, seccomp, all-fetch, all-run, all", "none" },
        { "local-config", 0, OPTION_STRING, offsetof(GlobalOptions, paths.local_config), "PATH",
          "Local configuration directory", "/etc/rkt" },
        { "system-config", 0, OPTION_STRING, offsetof(GlobalOptions, paths.system_config), "PATH",
          "System configuration directory", "/usr/lib/rkt" },
        { "user-config", 0, OPTION_STRING, offsetof(GlobalOptions, paths.user_config), "PATH",
          "User configuration directory" },
        { "trust-keys-from-https", 0, OPTION_BOOLEAN, offsetof(GlobalOptions, trust_keys_from_https), NULL,
          "Trust keys fetched from https without asking", "false" },
        { "help", 'h', OPTION_BOOLEAN, offsetof(GlobalOptions, help), NULL, "Print help and exit" },
        { "cpuprofile", 0, OPTION_STRING, offsetof(GlobalOptions, cpu_profile), "PATH", "Write a CPU profile",
          .hidden = true, .unsupported = true },
        { "memprofile", 0, OPTION_STRING, offsetof(GlobalOptions, mem_profile), "PATH",
          "Write a memory profile", .hidden = true, .unsupported = true },
        {},
};

static void cli_done(Cli *c) {
        image_store_close(c->store);
        safe_close(c->data_dir_fd);
        option_values_done(cli_global_options, &c->global);
        paths_done(&c->global.paths);
}

/* Whether the next word belongs to the option, going by the first row of that name among all verbs. */
static bool option_takes_next(const char *arg) {
        _cleanup_free_ char *name = NULL;
        const Option *o = NULL;

        if (!startswith(arg, "--") || strchr(arg, '='))
                return false;
        name = strdup(arg + 2);
        if (!name)
                return false;

        o = option_find(&(OptionGroup) { .rows = cli_global_options }, 1, name, NULL);
        for (const Verb *const *v = cli_verbs; *v && !o; v++) {
                const OptionGroup groups[] = { { .rows = (*v)->options }, { .rows = (*v)->app_options } };

                for (size_t i = 0; i < ELEMENTSOF(groups) && !o; i++)
                        if (groups[i].rows)
                                o = option_find(&groups[i], 1, name, NULL);
        }

        return o && o->kind != OPTION_BOOLEAN && !o->implied;
}

typedef struct CommandLine {
        const Verb *verb;  /* NULL: none was given */
        const char *group; /* "image" without a verb after it; else NULL */
        char **rest;       /* strv: all arguments but the verb's words */
} CommandLine;

static void command_line_done(CommandLine *l) {
        l->rest = strv_free(l->rest);
}

static int split_verb(int argc, char *const *argv, CommandLine *ret, Diag *diag) {
        _cleanup_strv_free_ char **rest = NULL;
        const Verb *verb = NULL;
        const char *group = NULL;
        int i = 1, r;

        for (; i < argc && argv[i][0] == '-'; i++) {
                r = strv_extend(&rest, argv[i]);
                if (r >= 0 && option_takes_next(argv[i]) && i + 1 < argc)
                        r = strv_extend(&rest, argv[++i]);
                if (r < 0)
                        return r;
        }

        if (i < argc && verb_is_group(argv[i]) && (i + 1 >= argc || argv[i + 1][0] == '-'))
                group = argv[i++];
        else if (i < argc) {
                r = verb_find(argc, argv, &i, &verb, diag);
                if (r < 0)
                        return r;
        }

        for (; i < argc; i++) {
                r = strv_extend(&rest, argv[i]);
                if (r < 0)
                        return r;
        }

        *ret = (CommandLine) { .verb = verb, .group = group, .rest = TAKE_PTR(rest) };
        return 0;
}

/* Options of a command-line verb ("enter"): up to the first argument that is none. */
static int parse_until_argument(const OptionGroup *groups, size_t n, char *const *args, char ***ret,
                                Diag *diag) {
        int argc = (int) strv_length(args), i = 0;

        while (i < argc && args[i][0] == '-' && !streq(args[i], "--")) {
                int r = option_parse_one(groups, n, argc, args, &i, diag);
                if (r < 0)
                        return r;
        }
        if (i < argc && streq(args[i], "--"))
                i++;

        *ret = strv_copy(args + i);
        return *ret || i >= argc ? 0 : -ENOMEM;
}

static int parse(Cli *c, void *options, char *const *rest, char ***ret_args, Diag *diag) {
        const Verb *v = c->verb;
        OptionGroup groups[2];
        size_t n = 0;

        if (v->options)
                groups[n++] = (OptionGroup) { .rows = v->options, .target = options };
        groups[n++] = (OptionGroup) { .rows = cli_global_options, .target = &c->global };

        if (v->app_options)
                return app_args_parse(v, groups, n, options, rest, diag);
        if (v->flags & VERB_STOP_AT_ARG)
                return parse_until_argument(groups, n, rest, ret_args, diag);

        return option_parse_all(groups, n, (int) strv_length(rest), rest ?: (char *[]){ NULL }, ret_args,
                                diag);
}

static int complete_globals(Cli *c, Diag *diag) {
        int r = insecure_flags_parse(c->global.insecure_options, &c->insecure, diag);
        if (r < 0)
                return r;

        return paths_complete(&c->global.paths, diag);
}

static int run_verb(Cli *c, char *const *rest) {
        _cleanup_diag_ Diag diag = {};
        _cleanup_strv_free_ char **args = NULL;
        const Verb *v = c->verb;
        _cleanup_free_ void *options = calloc(1, v->options_size ?: 1);
        int code, r;

        if (!options)
                return cli_fail(&diag, log_oom(), NULL);
        if (v->init)
                v->init(options);

        r = parse(c, options, rest, &args, &diag);
        if (r >= 0 && c->global.help)
                code = cli_print_help(v, stdout);
        else if (r < 0)
                code = cli_fail(&diag, r, v->app_options ? "error parsing app image arguments" : NULL);
        else if (strv_length(args) < v->min_args || strv_length(args) > v->max_args)
                code = cli_usage_error(c, "wrong number of arguments");
        else {
                log_setup(verb_last_word(v), c->global.debug);
                r = complete_globals(c, &diag);
                code = r < 0 ? cli_fail(&diag, r, NULL) : v->run(c, options, args);
        }

        if (v->options)
                option_values_done(v->options, options);
        if (v->done)
                v->done(options);
        return code;
}

/* "rkt" and "rkt image" without a verb: the list of verbs. */
static int run_without_verb(const CommandLine *l) {
        if (l->group)
                cli_print_group_help(l->group, stdout);
        else
                cli_print_help(NULL, stdout);

        return strv_contains(l->rest, "--help") || strv_contains(l->rest, "-h") ? EXIT_RKT_OK
                                                                                : EXIT_RKT_USAGE;
}

static int run(Cli *c, int argc, char **argv) {
        _cleanup_diag_ Diag diag = {};
        _cleanup_(command_line_done) CommandLine line = {};

        int r = split_verb(argc, argv, &line, &diag);
        if (r < 0) {
                diag_hint(&diag, r, "\"rkt help\" lists the commands");
                return cli_fail(&diag, r, NULL);
        }

        const Verb *verb = line.verb;
        if (!verb)
                return run_without_verb(&line);

        log_set_prefix(verb_last_word(verb));
        if (verb->flags & VERB_UNSUPPORTED) {
                log_error("\"rkt %s\" is not supported by this version", verb->name);
                return EXIT_RKT_FAILURE;
        }
        if ((verb->flags & VERB_NEEDS_ROOT) && geteuid() != 0) {
                log_error("cannot run as unprivileged user");
                return EXIT_RKT_FAILURE;
        }

        c->verb = verb;
        return run_verb(c, line.rest);
}

int cli_main(int argc, char **argv) {
        _cleanup_(cli_done) Cli cli = { .data_dir_fd = -EBADF };

        process_init();
        log_setup("rkt", /* debug= */ false);

        int code = run(&cli, argc, argv);

        /* Output that did not reach the reader is a failure, even if all else went well. */
        if (fflush(stdout) != 0 && code == EXIT_RKT_OK) {
                log_error_errno(-errno, "cannot write to stdout");
                return EXIT_RKT_FAILURE;
        }

        return code;
}
