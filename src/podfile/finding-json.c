/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/json.h"
#include "podfile/finding.h"

/* Apart from finding.c, so that programs which print no JSON do not load json-c. */

static void finding_write(const Finding *f, JsonWriter *w) {
        json_write_object_begin(w, NULL);
        json_write_string(w, "level", finding_level_to_string(f->level));
        json_write_string(w, "file", f->file);
        json_write_integer(w, "line", f->line);
        json_write_integer(w, "column", f->column);
        json_write_string(w, "message", f->message);
        json_write_object_end(w);
}

int finding_list_to_json(const FindingList *l, bool pretty, char **ret) {
        _cleanup_(json_writer_freep) JsonWriter *w = NULL;
        int r;

        r = json_writer_new(pretty, &w);
        if (r < 0)
                return r;

        json_write_array_begin(w, NULL);
        for (size_t i = 0; i < l->n; i++)
                finding_write(&l->items[i], w);
        json_write_array_end(w);
        return json_writer_take(w, ret);
}
