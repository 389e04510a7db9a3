/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "basic/json-read.h"
#include "basic/strv.h"

/* One pass over an object's members finds for each its row in the table; a second over the table finds
 * required rows that no member had. The tables are short, so both are plain loops. */

typedef struct ObjectReader {
        const JsonPath *path;
        const JsonObjectSpec *spec;
        void *target;
        Diag *diag;
        uint64_t seen; /* one bit for each row */
} ObjectReader;

static int append_path(const JsonPath *path, StringBuf *b) {
        if (!path)
                return 0;
        int r = append_path(path->parent, b);
        if (r < 0)
                return r;
        if (!path->key)
                return string_buf_printf(b, "[%zu]", path->index);

        _cleanup_free_ char *excerpt = json_excerpt(path->key);
        if (!excerpt)
                return -ENOMEM;
        return string_buf_printf(b, "%s%s", b->size > 0 ? "." : "", excerpt);
}

char *json_path_format(const JsonPath *path) {
        StringBuf b = {};

        if (append_path(path, &b) < 0) {
                string_buf_done(&b);
                return NULL;
        }
        return string_buf_take(&b);
}

int json_path_error(const JsonPath *path, Diag *diag, const char *format, ...) {
        StringBuf message = {};
        va_list ap;

        va_start(ap, format);
        int r = string_buf_vprintf(&message, format, ap);
        va_end(ap);
        _cleanup_free_ char *text = string_buf_take(&message), *where = json_path_format(path);
        if (r < 0 || !text || !where)
                return -ENOMEM;
        if (!path)
                return diag_set(diag, -EBADMSG, "%s", text);
        return diag_set(diag, -EBADMSG, "field \"%s\": %s", where, text);
}

int json_expect(const JsonValue *v, JsonType type, const JsonPath *path, Diag *diag) {
        JsonType got = json_type(v);

        if (type == JSON_NULL || got == type)
                return 0;
        return json_path_error(path, diag, "expected %s, got %s",
                               type == JSON_INTEGER ? "integer" : json_type_name(type), json_type_name(got));
}

/* The next character with case folded away as Go's encoding/json does: ASCII letters, and the two characters
 * that fold to one, U+017F to s and U+212A to k. */
static unsigned char fold_next(const char **s) {
        const char *rest;

        if ((rest = startswith(*s, "\xc5\xbf"))) {
                *s = rest;
                return 's';
        }
        if ((rest = startswith(*s, "\xe2\x84\xaa"))) {
                *s = rest;
                return 'k';
        }
        unsigned char c = (unsigned char) *(*s)++;
        return c >= 'A' && c <= 'Z' ? (unsigned char) (c - 'A' + 'a') : c;
}

static bool equal_folded(const char *a, const char *b) {
        for (;;) {
                unsigned char x = fold_next(&a), y = fold_next(&b);
                if (x != y)
                        return false;
                if (x == '\0')
                        return true;
        }
}

static bool is_field(const JsonField *f, const char *key) {
        return streq(key, f->name) || (f->alias && streq(key, f->alias));
}

static int read_field(ObjectReader *o, size_t i, const JsonPath *path, const JsonValue *v) {
        const JsonField *f = &o->spec->fields[i];

        if (o->seen & UINT64_C(1) << i)
                return json_path_error(path, o->diag, "given twice, also as \"%s\"",
                                       streq(path->key, f->name) ? f->alias : f->name);
        if (json_type(v) == JSON_NULL)
                return 0;
        int r = json_expect(v, f->type, path, o->diag);
        if (r < 0)
                return r;
        o->seen |= UINT64_C(1) << i;
        return f->read(v, path, (char *) o->target + f->offset, o->diag);
}

static int read_member(const char *key, const JsonValue *v, void *userdata) {
        ObjectReader *o = userdata;
        const JsonField *fields = o->spec->fields;
        JsonPath path = { .parent = o->path, .key = key };

        for (size_t i = 0; i < o->spec->n_fields; i++)
                if (is_field(&fields[i], key))
                        return read_field(o, i, &path, v);
        for (size_t i = 0; i < o->spec->n_fields; i++)
                if (equal_folded(key, fields[i].name))
                        return json_path_error(&path, o->diag, "must be written \"%s\"", fields[i].name);
        if (o->spec->flags & JSON_REFUSE_UNKNOWN)
                return json_path_error(&path, o->diag, "unknown field");
        return 0;
}

int json_read_object(const JsonValue *v, const JsonPath *path, const JsonObjectSpec *spec, void *target,
                     Diag *diag) {
        ObjectReader o = { .path = path, .spec = spec, .target = target, .diag = diag };

        assert(spec->n_fields <= 64);

        int r = json_expect(v, JSON_OBJECT, path, diag);
        if (r < 0)
                return r;
        r = json_foreach(v, read_member, &o);
        if (r < 0)
                return r;
        for (size_t i = 0; i < spec->n_fields; i++) {
                JsonPath missing = { .parent = path, .key = spec->fields[i].name };
                if (spec->fields[i].required && !(o.seen & UINT64_C(1) << i))
                        return json_path_error(&missing, diag, "required, but missing");
        }
        return 0;
}

int json_read_document(const JsonSource *source, const JsonObjectSpec *spec, void *target, Diag *diag) {
        _cleanup_(json_doc_freep) JsonDoc *d = NULL;

        int r = json_parse(source->file, source->text, source->size, source->max, &d, diag);
        if (r < 0)
                return r;
        r = json_read_object(json_doc_root(d), /* path= */ NULL, spec, target, diag);
        if (r < 0 && diag_is_set(diag) && !diag->file && source->file)
                diag->file = strdup(source->file);
        return r;
}

int json_read_string(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        char **ret = target;

        int r = json_expect(v, JSON_STRING, path, diag);
        if (r < 0)
                return r;
        char *copy = strdup(json_string(v));
        if (!copy)
                return -ENOMEM;
        free(*ret);
        *ret = copy;
        return 0;
}

int json_read_boolean(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        int r = json_expect(v, JSON_BOOLEAN, path, diag);
        if (r < 0)
                return r;
        *(bool *) target = json_boolean(v) > 0;
        return 0;
}

int json_read_integer(const JsonValue *v, const JsonPath *path, JsonRange range, int64_t *ret, Diag *diag) {
        int64_t i;

        int r = json_expect(v, JSON_INTEGER, path, diag);
        if (r < 0)
                return r;
        if (json_integer(v, &i) < 0 || i < range.min || i > range.max)
                return json_path_error(path, diag, "must be between %" PRId64 " and %" PRId64, range.min,
                                       range.max);
        *ret = i;
        return 0;
}

static int check_length(const JsonValue *v, const JsonPath *path, size_t max, Diag *diag) {
        if (json_length(v) > max)
                return json_path_error(path, diag, "more than %zu entries", max);
        return 0;
}

int json_read_strv(const JsonValue *v, const JsonPath *path, size_t max, char ***ret, Diag *diag) {
        int r = check_length(v, path, max, diag);
        if (r < 0)
                return r;
        _cleanup_strv_free_ char **l = calloc(json_length(v) + 1, sizeof(char *));
        if (!l)
                return -ENOMEM;
        for (size_t i = 0; i < json_length(v); i++) {
                JsonPath item = { .parent = path, .index = i };
                r = json_read_string(json_at(v, i), &item, &l[i], diag);
                if (r < 0)
                        return r;
        }
        strv_free(*ret);
        *ret = TAKE_PTR(l);
        return 0;
}

static int compare_names(const void *a, const void *b) {
        return strcmp(**(char *const *const *) a, **(char *const *const *) b);
}

static int check_unique(const char *items, size_t n, const JsonArraySpec *spec, const JsonPath *path,
                        Diag *diag) {
        if (n < 2)
                return 0;
        _cleanup_free_ const char *const **sorted = calloc(n, sizeof(*sorted));
        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                sorted[i] = (const void *) (items + i * spec->item_size + spec->name_offset);
        qsort(sorted, n, sizeof(*sorted), compare_names);
        for (size_t i = 1; i < n; i++) {
                if (!streq(*sorted[i - 1], *sorted[i]))
                        continue;
                _cleanup_free_ char *excerpt = json_excerpt(*sorted[i]);
                return excerpt ? json_path_error(path, diag, "duplicate name \"%s\"", excerpt) : -ENOMEM;
        }
        return 0;
}

int json_read_items(const JsonValue *v, const JsonPath *path, const JsonArraySpec *spec, JsonArray array,
                    Diag *diag) {
        size_t length = json_length(v);

        int r = check_length(v, path, spec->max, diag);
        if (r < 0 || length == 0)
                return r;
        char *items = calloc(length, spec->item_size);
        if (!items)
                return -ENOMEM;
        *(void **) array.items = items;
        for (size_t i = 0; i < length; i++) {
                JsonPath item = { .parent = path, .index = i };
                *array.n = i + 1;
                r = json_expect(json_at(v, i), spec->type, &item, diag);
                if (r < 0)
                        return r;
                r = spec->read(json_at(v, i), &item, items + i * spec->item_size, diag);
                if (r < 0)
                        return r;
        }
        return spec->unique ? check_unique(items, length, spec, path, diag) : 0;
}
