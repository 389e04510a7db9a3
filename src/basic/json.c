/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

/* json-c's enum has the name of our function */
#define json_type json_c_type
#include <json-c/json.h>
#undef json_type

#include "basic/json-scan.h"
#include "basic/json.h"

/* json_scan() decides what is JSON, json-c builds the tree of what has passed. json-c's null is the NULL
 * pointer, so that a member that is null and one that is not there look the same; Go, whose programs write
 * these documents, treats them alike too. */

struct JsonDoc {
        struct json_object *root;
};

char *json_excerpt(const char *s) {
        _cleanup_free_ char *start = strndup(s, JSON_QUOTED_MAX);
        _cleanup_free_ char *escaped = start ? string_escape(start) : NULL;

        return escaped ? strjoin(escaped, strlen(s) > JSON_QUOTED_MAX ? "…" : "", NULL) : NULL;
}

static int build(const char *text, size_t size, struct json_object **ret, Diag *diag) {
        /* json-c counts scalars as a level of their own */
        struct json_tokener *t = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
        if (!t)
                return -ENOMEM;

        json_tokener_set_flags(t, JSON_TOKENER_STRICT);
        struct json_object *root = json_tokener_parse_ex(t, text, (int) size);
        /* a number at the root goes on until something ends it */
        if (json_tokener_get_error(t) == json_tokener_continue)
                root = json_tokener_parse_ex(t, "", 1);
        enum json_tokener_error e = json_tokener_get_error(t);
        json_tokener_free(t);
        if (e != json_tokener_success)
                return diag_set(diag, -EBADMSG, "%s", json_tokener_error_desc(e));
        *ret = root;
        return 0;
}

int json_parse(const char *file, const char *text, size_t size, size_t max, JsonDoc **ret, Diag *diag) {
        JsonSpan span;

        if (size > max || size > INT_MAX)
                return diag_set_at(diag, -EFBIG, file, 0, 0, "larger than %zu bytes",
                                   MIN(max, (size_t) INT_MAX));
        int r = json_scan(file, text, size, &span, diag);
        if (r < 0)
                return r;

        _cleanup_(json_doc_freep) JsonDoc *d = calloc(1, sizeof(JsonDoc));
        if (!d)
                return -ENOMEM;
        r = build(text + span.begin, span.end - span.begin, &d->root, diag);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(d);
        return 0;
}

JsonDoc *json_doc_free(JsonDoc *d) {
        if (!d)
                return NULL;
        json_object_put(d->root);
        free(d);
        return NULL;
}

const JsonValue *json_doc_root(const JsonDoc *d) {
        return d->root;
}

JsonType json_type(const JsonValue *v) {
        switch (json_object_get_type(v)) {
        case json_type_null:
                return JSON_NULL;
        case json_type_boolean:
                return JSON_BOOLEAN;
        case json_type_double:
                return JSON_REAL;
        case json_type_int:
                return JSON_INTEGER;
        case json_type_object:
                return JSON_OBJECT;
        case json_type_array:
                return JSON_ARRAY;
        case json_type_string:
                return JSON_STRING;
        }
        return JSON_NULL;
}

const char *json_type_name(JsonType t) {
        static const char *const names[] = {
                [JSON_NULL] = "null",
                [JSON_BOOLEAN] = "boolean",
                [JSON_INTEGER] = "number",
                [JSON_REAL] = "number with a fraction",
                [JSON_STRING] = "string",
                [JSON_ARRAY] = "array",
                [JSON_OBJECT] = "object",
        };

        return t < ELEMENTSOF(names) ? names[t] : NULL;
}

const JsonValue *json_get(const JsonValue *v, const char *key) {
        struct json_object *member;

        if (json_type(v) != JSON_OBJECT || !json_object_object_get_ex(v, key, &member))
                return NULL;
        return member;
}

const char *json_string(const JsonValue *v) {
        /* json-c's accessors take pointers to what may change: they cache conversions; of a string there
         * is none */
        return json_type(v) == JSON_STRING ? json_object_get_string((JsonValue *) v) : NULL;
}

size_t json_length(const JsonValue *v) {
        if (json_type(v) == JSON_ARRAY)
                return json_object_array_length(v);
        if (json_type(v) == JSON_OBJECT)
                return (size_t) json_object_object_length(v);
        return 0;
}

const JsonValue *json_at(const JsonValue *array, size_t i) {
        return json_type(array) == JSON_ARRAY ? json_object_array_get_idx(array, i) : NULL;
}

int json_integer(const JsonValue *v, int64_t *ret) {
        if (json_type(v) != JSON_INTEGER)
                return -EINVAL;
        *ret = json_object_get_int64(v);
        return 0;
}

int json_boolean(const JsonValue *v) {
        if (json_type(v) != JSON_BOOLEAN)
                return -EINVAL;
        return json_object_get_boolean(v) ? 1 : 0;
}

int json_foreach(const JsonValue *object, JsonMemberHandler f, void *userdata) {
        if (json_type(object) != JSON_OBJECT)
                return -EINVAL;

        json_object_object_foreach(object, key, v) {
                int r = f(key, v, userdata);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int deepen(const char *key, const JsonValue *v, void *userdata) {
        unsigned *deepest = userdata;

        *deepest = MAX(*deepest, json_depth(v));
        return 0;
}

/* Recursion here and below is bounded by JSON_DEPTH_MAX, as the document was. */
unsigned json_depth(const JsonValue *v) {
        unsigned deepest = 0;

        for (size_t i = 0; json_type(v) == JSON_ARRAY && i < json_length(v); i++)
                deepest = MAX(deepest, json_depth(json_at(v, i)));
        (void) json_foreach(v, deepen, &deepest);
        return deepest + (json_type(v) == JSON_ARRAY || json_type(v) == JSON_OBJECT);
}

static void write_value(JsonWriter *w, const char *key, const JsonValue *v);

static int write_member(const char *key, const JsonValue *v, void *userdata) {
        write_value(userdata, key, v);
        return 0;
}

static void write_value(JsonWriter *w, const char *key, const JsonValue *v) {
        switch (json_type(v)) {
        case JSON_NULL:
                json_write_null(w, key);
                break;
        case JSON_BOOLEAN:
                json_write_boolean(w, key, json_object_get_boolean(v));
                break;
        case JSON_INTEGER:
                json_write_integer(w, key, json_object_get_int64(v));
                break;
        case JSON_REAL:
                /* json-c keeps the literal as it came */
                json_write_raw(w, key, json_object_to_json_string((JsonValue *) v));
                break;
        case JSON_STRING:
                json_write_string(w, key, json_string(v));
                break;
        case JSON_ARRAY:
                json_write_array_begin(w, key);
                for (size_t i = 0; i < json_length(v); i++)
                        write_value(w, /* key= */ NULL, json_at(v, i));
                json_write_array_end(w);
                break;
        case JSON_OBJECT:
                json_write_object_begin(w, key);
                (void) json_foreach(v, write_member, w);
                json_write_object_end(w);
                break;
        }
}

char *json_to_text(const JsonValue *v) {
        _cleanup_(json_writer_freep) JsonWriter *w = NULL;
        char *text;

        if (json_writer_new(/* pretty= */ false, &w) < 0)
                return NULL;
        write_value(w, /* key= */ NULL, v);
        return json_writer_take(w, &text) < 0 ? NULL : text;
}
