/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/string-util.h"

/* Why something failed, on its way up to the one place that reports it. A library function returns a
 * negative errno and, when given a Diag, says in it what was being done, to which object, and why it
 * failed. Callers add what they were doing with diag_wrap(). All functions accept a NULL diag and then
 * only pass the error through, so that "return diag_set(diag, -ENOENT, …)" is the one idiom. Messages are
 * one line, have no final full stop, quote foreign text escaped (string_escape()) and in double quotes. */

typedef struct Diag Diag;

struct Diag {
        char *file;      /* where in foreign text, or NULL */
        unsigned line;   /* from 1; 0: unknown */
        unsigned column; /* from 1, in bytes; 0: unknown */
        char *message;   /* outermost message */
        char **causes;   /* strv, outermost first: what diag_wrap() pushed down */
        char *hint;      /* what to do, or NULL */
        int error;       /* the negative errno first set */
};

void diag_done(Diag *d);
#define _cleanup_diag_ _cleanup_(diag_done)

/* Sets the message anew (dropping an older one) and returns error, which must be negative. */
int diag_set(Diag *d, int error, const char *format, ...) _printf_(3, 4);
int diag_set_at(Diag *d, int error, const char *file, unsigned line, unsigned column, const char *format, ...)
        _printf_(6, 7);
/* Puts a new message over the present one, which becomes its first cause; returns error. */
int diag_wrap(Diag *d, int error, const char *format, ...) _printf_(3, 4);
/* Adds what the user can do about it; returns error. */
int diag_hint(Diag *d, int error, const char *format, ...) _printf_(3, 4);
/* As diag_set() with ": strerror" at the end. */
int diag_errno(Diag *d, int error, const char *format, ...) _printf_(3, 4);

bool diag_is_set(const Diag *d);
/* What is in from replaces what is in d (may be NULL); from is empty afterwards. */
void diag_move(Diag *d, Diag *from);

/* "FILE:LINE:COLUMN: MESSAGE" or "MESSAGE", then for each cause "\n" + indented "└─CAUSE", then "\n" + hint.
 * The first line is preceded by prefix and ": " if prefix is given. No final newline. NULL: out of memory. */
char *diag_format(const Diag *d, const char *prefix);
/* One line: "FILE:LINE: MESSAGE: CAUSE: CAUSE". */
char *diag_format_line(const Diag *d);
