/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* Command line options as rows. The same rows parse, print --help, feed shell completion and are checked
 * against the man pages. Flags follow pflag, as rkt's do: "--name=value", "--name value"; a boolean takes
 * "=value" only with "="; "--" ends the options of this parser. */

typedef enum OptionKind {
        OPTION_BOOLEAN,  /* --x, --x=true|false → bool                         */
        OPTION_STRING,   /* → char * (owned by the struct; freed and replaced) */
        OPTION_STRV,     /* repeatable; each occurrence is one entry → char ** */
        OPTION_LIST,     /* repeatable; each occurrence split at "," → char ** */
        OPTION_CUSTOM,   /* → parse() */
} OptionKind;

typedef struct Option Option;
struct Option {
        const char *name;         /* without "--" */
        char short_name;          /* or 0 */
        OptionKind kind;
        size_t offset;            /* of the member in the options struct */
        const char *metavar;      /* "PATH"; NULL for a boolean */
        const char *help;         /* one line, no final full stop */
        const char *default_text; /* for --help, or NULL */
        const char *implied;      /* value when given without "="; "--x value" is not understood then */
        bool hidden;              /* parsed, but not in --help */
        bool unsupported;         /* known, refused: "--x is not supported by this version" */
        const char *deprecated;   /* warn: "Flag --x has been deprecated, TEXT" */
        int (*parse)(void *target, const Option *o, const char *value, Diag *diag);
};

/* One table and the struct it fills. Several may be given: a verb's own, then the global ones. */
typedef struct OptionGroup {
        const char *title; /* heading in --help: "Options:", "Global options:" */
        const Option *rows; /* ends with a row whose name is NULL */
        void *target;
} OptionGroup;

/* Finds a row by name; ret_group may be NULL. */
const Option *option_find(const OptionGroup *groups, size_t n, const char *name,
                          const OptionGroup **ret_group);

/* Parses argv[*index], which begins with "-", advancing *index past it and its value. -EINVAL with diag:
 * unknown flag (with the nearest known name), missing or bad value; -EOPNOTSUPP: unsupported row. */
int option_parse_one(const OptionGroup *groups, size_t n, int argc, char *const *argv, int *index,
                     Diag *diag);

/* Parses all: options and positional arguments may mix until "--"; ret_args (strv, caller's) gets the
 * rest. */
int option_parse_all(const OptionGroup *groups, size_t n, int argc, char *const *argv, char ***ret_args,
                     Diag *diag);

/* Frees what the rows' members of target own. */
void option_values_done(const Option *rows, void *target);
/* The help text of the rows, aligned. */
int option_format_help(const OptionGroup *group, StringBuf *out);
