/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* The unit-file grammar of systemd.syntax(7): sections, assignments, comments, continuation lines. Quoting
 * and specifiers are the concern of whoever knows the key. */

#define INI_LINE_MAX (1024 * 1024)
#define INI_FILE_MAX (4 * 1024 * 1024)

typedef struct IniEvent {
        const char *file;
        unsigned line;        /* where the (first) line of this stands */
        unsigned key_column, value_column; /* in that line; 0: on a continuation line */
        const char *section;  /* the section in force */
        unsigned section_id;  /* counts section headers from 1: tells apart equal names */
        const char *key;      /* NULL: this is the section header itself */
        const char *value;    /* continuation lines joined by one space; white space at the ends dropped */
} IniEvent;

typedef int (*IniHandler)(const IniEvent *e, void *userdata, Diag *diag);

/* Calls the handler for each section header and assignment in order, stopping at the first negative return.
 * -EBADMSG with diag: NUL, invalid UTF-8, BOM, text outside a section, no "=", unterminated header, line over
 * INI_LINE_MAX. */
int ini_parse(const char *file, const char *text, size_t size, IniHandler handler, void *userdata,
              Diag *diag);

/* Splits a value into words by the rules of systemd.syntax(7): white space, "…" and '…', C escapes.
 * -EINVAL with diag message (no position). */
int ini_split_words(const char *value, char ***ret, Diag *diag);
