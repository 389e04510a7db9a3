/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/string-util.h"

/* Text tables as Go's text/tabwriter prints them with minwidth 8, tabwidth 8, padding 1: rkt's lists.
 * Cells are escaped for the terminal. */

typedef struct Table Table;

int table_new(size_t columns, Table **ret);
Table *table_free(Table *t);
DEFINE_POINTER_CLEANUP(Table *, table_free)
/* Appends one cell (NULL: empty); rows fill from left to right. */
int table_add(Table *t, const char *cell);
/* aligned: pad columns with tabs/spaces to line up; else exactly one tab between cells. */
int table_format(const Table *t, bool aligned, char **ret);
