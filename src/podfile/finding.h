/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* What is wrong in pod files: the lines that "rkt pod verify" prints. */

#define FINDINGS_MAX 1000 /* of one pod file; later ones are dropped */

typedef enum FindingLevel {
        FINDING_ERROR,
        FINDING_WARNING,
        _FINDING_LEVEL_MAX,
} FindingLevel;

typedef struct Finding {
        FindingLevel level;
        char *file;
        unsigned line, column; /* from 1; 0: the file as a whole */
        char *message;         /* one line, foreign text in it escaped; with the hint, if any, after "; " */
} Finding;

typedef struct FindingList {
        Finding *items;
        size_t n;
} FindingList;

void finding_list_done(FindingList *l);
/* Appends; -ENOMEM. */
int finding_list_add(FindingList *l, const Finding *f);
/* Moves all of from to the end of l; from is empty then. */
int finding_list_move(FindingList *l, FindingList *from);
/* The number of findings of that level. */
size_t finding_list_count(const FindingList *l, FindingLevel level);

const char *finding_level_to_string(FindingLevel level);
/* "FILE:LINE:COLUMN: error: MESSAGE"; what is 0 of line and column is left out. NULL: out of memory. */
char *finding_format(const Finding *f);
/* A JSON array of {"level","file","line","column","message"}. */
int finding_list_to_json(const FindingList *l, bool pretty, char **ret);
