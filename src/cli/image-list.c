/* SPDX-License-Identifier: Apache-2.0 */

#include <inttypes.h>

#include "basic/table.h"
#include "cli/list-format.h"
#include "cli/verb.h"

/* The columns are rows of a table: how --fields and --sort name them, what the heading says, how a cell is
 * made and how two images compare. */

typedef struct Options {
        char **fields, **sort;
        char *order, *format;
        bool full, no_legend;
} Options;

static const Option rows[] = {
        { "fields", 0, OPTION_LIST, offsetof(Options, fields), "FIELD[,FIELD…]",
          "Columns: id, name, importtime, lastused, size, latest",
          "id,name,importtime,lastused,size,latest" },
        { "format", 0, OPTION_STRING, offsetof(Options, format), "json|json-pretty",
          "Output format; a table if not given" },
        { "full", 0, OPTION_BOOLEAN, offsetof(Options, full), NULL, "Use long output format", "false" },
        { "no-legend", 0, OPTION_BOOLEAN, offsetof(Options, no_legend), NULL, "Leave out the heading",
          "false" },
        { "order", 0, OPTION_STRING, offsetof(Options, order), "asc|desc", "Sorting order", "asc" },
        { "sort", 0, OPTION_LIST, offsetof(Options, sort), "FIELD[,FIELD…]",
          "Sort by id, name, importtime, lastused, size, latest", "importtime" },
        {},
};

typedef struct Context {
        bool full;
        usec_t now;
} Context;

static uint64_t total_size(const ImageInfo *i) {
        return i->blob_size + i->tree_size;
}

static char *full_name(const ImageInfo *i) {
        return i->version ? strjoin(i->name, ":", i->version, NULL) : strdup(i->name);
}

static char *cell_id(const ImageInfo *i, const Context *c) {
        return strndup(i->id, c->full ? IMAGE_ID_LENGTH : 7 + IMAGE_ID_SHORT_HEX);
}

static char *cell_name(const ImageInfo *i, const Context *c) {
        return full_name(i);
}

static char *cell_size(const ImageInfo *i, const Context *c) {
        return c->full ? xasprintf("%" PRIu64, total_size(i)) : format_iec(total_size(i));
}

static char *cell_import_time(const ImageInfo *i, const Context *c) {
        return list_timestamp(i->import_time, c->full, c->now);
}

static char *cell_last_used(const ImageInfo *i, const Context *c) {
        return list_timestamp(i->last_used, c->full, c->now);
}

static char *cell_latest(const ImageInfo *i, const Context *c) {
        return strdup(i->latest ? "true" : "false");
}

static int compare_u64(uint64_t a, uint64_t b) {
        return (a > b) - (a < b);
}

static int compare_id(const ImageInfo *a, const ImageInfo *b) {
        return strcmp(a->id, b->id);
}

static int compare_name(const ImageInfo *a, const ImageInfo *b) {
        return strcmp(a->name, b->name);
}

static int compare_import_time(const ImageInfo *a, const ImageInfo *b) {
        return compare_u64(a->import_time, b->import_time);
}

static int compare_last_used(const ImageInfo *a, const ImageInfo *b) {
        return compare_u64(a->last_used, b->last_used);
}

static int compare_size(const ImageInfo *a, const ImageInfo *b) {
        return compare_u64(total_size(a), total_size(b));
}

static int compare_latest(const ImageInfo *a, const ImageInfo *b) {
        return a->latest - b->latest;
}

typedef struct Field {
        const char *name, *heading;
        char *(*cell)(const ImageInfo *i, const Context *c);
        int (*compare)(const ImageInfo *a, const ImageInfo *b);
} Field;

/* In the order in which they are shown without --fields. */
static const Field fields[] = {
        { "id", "ID", cell_id, compare_id },
        { "name", "NAME", cell_name, compare_name },
        { "importtime", "IMPORT TIME", cell_import_time, compare_import_time },
        { "lastused", "LAST USED", cell_last_used, compare_last_used },
        { "size", "SIZE", cell_size, compare_size },
        { "latest", "LATEST", cell_latest, compare_latest },
};

typedef struct Selection {
        const Field *items[ELEMENTSOF(fields)];
        size_t n;
} Selection;

static int select_fields(const char *flag, char *const *names, Selection *ret, Diag *diag) {
        STRV_FOREACH(name, names) {
                const Field *f = NULL;

                for (size_t i = 0; i < ELEMENTSOF(fields) && !f; i++)
                        if (streq(fields[i].name, *name))
                                f = &fields[i];
                if (!f)
                        return diag_set(diag, -EINVAL, "--%s: \"%s\" is no field; there are id, name, "
                                        "importtime, lastused, size, latest", flag, *name);
                for (size_t i = 0; i < ret->n; i++)
                        if (ret->items[i] == f)
                                return diag_set(diag, -EINVAL, "--%s: \"%s\" is given twice", flag, *name);
                ret->items[ret->n++] = f;
        }

        return 0;
}

typedef struct Order {
        Selection by;
        bool descending;
} Order;

static int compare_images(const void *a, const void *b, void *userdata) {
        const Order *o = userdata;

        for (size_t i = 0; i < o->by.n; i++) {
                int d = o->by.items[i]->compare(a, b);
                if (d != 0)
                        return o->descending ? -d : d;
        }

        return compare_id(a, b);
}

static int parse_order(const Options *o, Order *ret, Diag *diag) {
        static const char *const fallback[] = { "importtime", NULL };

        if (o->order && strcasecmp(o->order, "asc") != 0 && strcasecmp(o->order, "desc") != 0)
                return diag_set(diag, -EINVAL, "--order: \"%s\" is neither asc nor desc", o->order);

        ret->descending = o->order && strcasecmp(o->order, "desc") == 0;
        return select_fields("sort", o->sort ?: (char **) fallback, &ret->by, diag);
}

static int print_table(const Options *o, const Selection *columns, const ImageInfo *images, size_t n) {
        const Context context = { .full = o->full, .now = now_usec(CLOCK_REALTIME) };
        _cleanup_(table_freep) Table *t = NULL;
        _cleanup_free_ char *text = NULL;

        int r = table_new(columns->n, &t);
        for (size_t f = 0; r >= 0 && f < columns->n && !o->no_legend; f++)
                r = table_add(t, columns->items[f]->heading);
        for (size_t i = 0; r >= 0 && i < n; i++)
                for (size_t f = 0; r >= 0 && f < columns->n; f++) {
                        _cleanup_free_ char *cell = columns->items[f]->cell(&images[i], &context);

                        r = cell ? table_add(t, cell) : -ENOMEM;
                }
        if (r >= 0)
                r = table_format(t, /* aligned= */ true, &text);
        if (r >= 0)
                fputs(text, stdout);

        return r;
}

static int print_json(const ImageInfo *images, size_t n, bool pretty, Diag *diag) {
        _cleanup_(json_writer_freep) JsonWriter *w = NULL;

        int r = json_writer_new(pretty, &w);
        if (r < 0)
                return r;

        json_write_array_begin(w, NULL);
        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *name = full_name(&images[i]);

                if (!name)
                        return -ENOMEM;
                json_write_object_begin(w, NULL);
                json_write_string(w, "id", images[i].id);
                json_write_string(w, "name", name);
                json_write_integer(w, "import_time", (int64_t) images[i].import_time * 1000);
                json_write_integer(w, "last_used_time", (int64_t) images[i].last_used * 1000);
                json_write_integer(w, "size", (int64_t) total_size(&images[i]));
                json_write_object_end(w);
        }
        json_write_array_end(w);

        return json_writer_print(w, diag);
}

static int run(Cli *c, void *options, char **args) {
        const Options *o = options;
        _cleanup_diag_ Diag diag = {};
        Selection columns = {};
        Order order = {};
        OutputFormat format;
        ImageInfo *images = NULL;
        size_t n = 0;

        int r = output_format_parse(o->format, &format, &diag);
        if (r >= 0)
                r = parse_order(o, &order, &diag);
        if (r >= 0)
                r = select_fields("fields", o->fields, &columns, &diag);
        for (size_t i = 0; r >= 0 && !o->fields && i < ELEMENTSOF(fields); i++)
                columns.items[columns.n++] = &fields[i];
        if (r < 0)
                return cli_fail(&diag, r, NULL);

        r = cli_open_store(c, /* create= */ false, &diag);
        if (r >= 0)
                r = image_store_list(c->store, &images, &n, &diag);
        if (r == -ENOENT)
                r = 0;
        if (n > 0)
                qsort_r(images, n, sizeof(*images), compare_images, &order);
        if (r >= 0)
                r = format == OUTPUT_TABBED ? print_table(o, &columns, images, n)
                                            : print_json(images, n, format == OUTPUT_JSON_PRETTY, &diag);
        image_info_free_array(images, n);

        return r < 0 ? cli_fail(&diag, r, "cannot list images") : EXIT_RKT_OK;
}

const Verb verb_image_list = {
        .name = "image list",
        .usage = "[OPTIONS]",
        .summary = "List images in the local store",
        .options_size = sizeof(Options),
        .options = rows,
        .run = run,
};
