/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/strv.h"
#include "basic/table.h"

/* text/tabwriter pads with tabs alone: a column is as wide as its widest cell and one more, rounded up to
 * the next tab stop, and each cell is followed by as many tabs as lead there. The last column is not
 * terminated. */

#define TAB_WIDTH 8

struct Table {
        size_t columns;
        char **cells; /* row by row */
        size_t n_cells, allocated;
};

int table_new(size_t columns, Table **ret) {
        assert(columns > 0);

        Table *t = malloc(sizeof(Table));
        if (!t)
                return -ENOMEM;

        *t = (Table) { .columns = columns };
        *ret = t;
        return 0;
}

Table *table_free(Table *t) {
        if (!t)
                return NULL;

        for (size_t i = 0; i < t->n_cells; i++)
                free(t->cells[i]);
        free(t->cells);
        free(t);
        return NULL;
}

int table_add(Table *t, const char *cell) {
        if (t->n_cells == t->allocated) {
                size_t allocated = MAX(2 * t->allocated, 8 * t->columns);
                char **cells = reallocarray(t->cells, allocated, sizeof(char *));
                if (!cells)
                        return -ENOMEM;
                t->cells = cells;
                t->allocated = allocated;
        }

        char *escaped = string_escape(strempty(cell));
        if (!escaped)
                return -ENOMEM;
        t->cells[t->n_cells++] = escaped;
        return 0;
}

static void measure(const Table *t, size_t *widths) {
        for (size_t i = 0; i < t->columns; i++)
                widths[i] = 1;
        for (size_t i = 0; i < t->n_cells; i++) {
                size_t *width = &widths[i % t->columns];
                *width = MAX(*width, utf8_width(t->cells[i]) + 1);
        }
        for (size_t i = 0; i < t->columns; i++)
                widths[i] = (widths[i] + TAB_WIDTH - 1) / TAB_WIDTH * TAB_WIDTH;
}

static int append_tabs(StringBuf *b, size_t columns) {
        int r = 0;

        for (size_t at = 0; at < columns && r >= 0; at += TAB_WIDTH)
                r = string_buf_append(b, "\t");
        return r;
}

int table_format(const Table *t, bool aligned, char **ret) {
        _cleanup_free_ size_t *widths = calloc(t->columns, sizeof(size_t));
        if (!widths)
                return -ENOMEM;
        if (aligned)
                measure(t, widths);

        _cleanup_(string_buf_done) StringBuf b = {};
        size_t n = (t->n_cells + t->columns - 1) / t->columns * t->columns; /* the last row made full */
        for (size_t i = 0; i < n; i++) {
                const char *cell = i < t->n_cells ? t->cells[i] : "";
                bool last = i % t->columns == t->columns - 1;

                int r = string_buf_append(&b, cell);
                if (r >= 0 && last)
                        r = string_buf_append(&b, "\n");
                else if (r >= 0)
                        r = append_tabs(&b, aligned ? widths[i % t->columns] - utf8_width(cell) : 1);
                if (r < 0)
                        return r;
        }

        char *text = string_buf_take(&b);
        if (!text)
                return -ENOMEM;
        *ret = text;
        return 0;
}
