/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <limits.h>
#include <stdio.h>

#include "basic/options.h"
#include "basic/strv.h"
#include "conf/insecure.h"
#include "conf/paths.h"
#include "image/store.h"
#include "layout/exit-code.h"

/* A verb is one file: its option rows, a little glue, and the Verb at the end. verb-table.c lists them all;
 * --help, shell completion and the check against the man pages read the same rows. */

typedef struct GlobalOptions {
        bool debug, help, trust_keys_from_https;
        char **insecure_options;
        char *cpu_profile, *mem_profile; /* Go's profiler flags: known, refused */
        Paths paths;                     /* as given; completed before a verb runs */
} GlobalOptions;

typedef struct Verb Verb;

/* What a verb works on. The store and the data directory are opened on demand: cli_open_*(). */
typedef struct Cli {
        const Verb *verb;
        GlobalOptions global;
        InsecureFlags insecure;
        int data_dir_fd;
        ImageStore *store;
} Cli;

typedef enum VerbFlags {
        VERB_NEEDS_ROOT = 1 << 0,   /* "cannot run as unprivileged user", before anything else is looked at */
        VERB_APP_ARGS = 1 << 1,     /* takes "IMAGE -- ARGS --- IMAGE…" */
        VERB_STOP_AT_ARG = 1 << 2,  /* options end at the first other argument: a command line follows */
        VERB_UNSUPPORTED = 1 << 3,  /* known from rkt, not in this version */
        VERB_HIDDEN = 1 << 4,       /* works, but only our own units and scripts call it */
} VerbFlags;

#define VERB_ARGS_ANY UINT_MAX

struct Verb {
        const char *name;          /* "list", "image list" */
        const char *usage;         /* after the name: "[OPTIONS] UUID…" */
        const char *summary;
        const char *description;   /* lines, or NULL */
        unsigned min_args, max_args;
        VerbFlags flags;
        size_t options_size;       /* of the struct that the rows fill; 0: no own options */
        const Option *options;     /* rows of the verb itself, or NULL */
        const Option *app_options; /* rows that follow an image and fill its AppSpec, or NULL */
        size_t spec_offset;        /* with app_options: of the PodSpec in the options struct */
        void (*init)(void *options); /* defaults that are not zero, or NULL */
        void (*done)(void *options); /* frees what the rows do not own, or NULL */
        int (*run)(Cli *c, void *options, char **args); /* exit code */
};

/* All verbs, NULL-terminated, in the order of --help. */
extern const Verb *const cli_verbs[];
extern const Option cli_global_options[];

/* By one or two words at argv[*index], or unique prefixes of them; advances *index past them. -ENOENT,
 * -ENOTUNIQ with diag. */
int verb_find(int argc, char *const *argv, int *index, const Verb **ret, Diag *diag);
/* Whether it is the first word of verbs of two words: "image", "pod". */
bool verb_is_group(const char *word);
/* The last word of its name: the prefix of its messages. */
const char *verb_last_word(const Verb *v);

/* -ENOENT and worse are reported by the caller with the diag. */
int cli_open_data_dir(Cli *c, bool create, Diag *diag);
int cli_open_store(Cli *c, bool create, Diag *diag);

/* Reports (once) and gives the exit code for rkt's own failures. context: what was being done, or NULL. */
int cli_fail(Diag *diag, int error, const char *context);
/* Usage on stderr, 254. */
int cli_usage_error(const Cli *c, const char *format, ...) _printf_(2, 3);

/* All of rkt(1); the exit code. */
int cli_main(int argc, char **argv);

/* Prints help of one verb, or with NULL the overview. */
int cli_print_help(const Verb *v, FILE *to);
/* Lists the verbs of a group. */
int cli_print_group_help(const char *group, FILE *to);
