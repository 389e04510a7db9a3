/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/json.h"

/* Reading objects into structs by tables of fields. Messages name the place:
 *     field "app.exec[0]": expected string, got number
 * null counts as absent, as it does in Go. A member whose name is that of a known field but for case is
 * refused: readers that fold case and readers that do not would see different documents. */

/* Where a value stands: a chain of keys and indices on the stack, made into text for messages only. */
typedef struct JsonPath {
        const struct JsonPath *parent; /* NULL: the document's root */
        const char *key;               /* NULL: an array's element */
        size_t index;
} JsonPath;

/* "app.exec[0]", the caller's; "" for the root. NULL: out of memory. */
char *json_path_format(const JsonPath *path);
/* Sets 'field "PATH": …' (without the field for the root) and returns -EBADMSG. */
int json_path_error(const JsonPath *path, Diag *diag, const char *format, ...) _printf_(3, 4);
int json_expect(const JsonValue *v, JsonType type, const JsonPath *path, Diag *diag);

/* v has the type that the table says. -EBADMSG, with the field in diag. */
typedef int (*JsonReader)(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);

typedef struct JsonField {
        const char *name;
        const char *alias; /* another accepted spelling, or NULL */
        JsonType type;     /* JSON_NULL: any */
        bool required;
        size_t offset;     /* what read gets is target + offset */
        JsonReader read;
} JsonField;

typedef enum JsonObjectFlags {
        JSON_REFUSE_UNKNOWN = 1 << 0,
} JsonObjectFlags;

typedef struct JsonObjectSpec {
        const JsonField *fields;
        size_t n_fields;
        JsonObjectFlags flags;
} JsonObjectSpec;

int json_read_object(const JsonValue *v, const JsonPath *path, const JsonObjectSpec *spec, void *target,
                     Diag *diag);

typedef struct JsonSource {
        const char *file; /* for messages */
        const char *text;
        size_t size, max; /* bytes */
} JsonSource;

/* json_parse() and json_read_object() of its root. -EBADMSG, -EFBIG; the file is in diag. */
int json_read_document(const JsonSource *source, const JsonObjectSpec *spec, void *target, Diag *diag);

/* char **: a copy. An older string there is released. */
int json_read_string(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
/* bool * */
int json_read_boolean(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
typedef struct JsonRange {
        int64_t min, max;
} JsonRange;
int json_read_integer(const JsonValue *v, const JsonPath *path, JsonRange range, int64_t *ret, Diag *diag);
/* char ***: a copy of an array of strings, not NULL even if empty. max: elements. */
int json_read_strv(const JsonValue *v, const JsonPath *path, size_t max, char ***ret, Diag *diag);

typedef struct JsonArraySpec {
        size_t item_size;
        size_t max;      /* elements */
        JsonType type;   /* of each */
        JsonReader read; /* gets a zeroed item */
        bool unique;     /* the items' char * at name_offset must differ */
        size_t name_offset;
} JsonArraySpec;

/* Where the items go: a pointer to the struct's "Item *items" and "size_t n". */
typedef struct JsonArray {
        void *items; /* an Item ** */
        size_t *n;
} JsonArray;

/* Allocates the items and reads them in order. *n counts those begun, also after an error: release them
 * all. */
int json_read_items(const JsonValue *v, const JsonPath *path, const JsonArraySpec *spec, JsonArray array,
                    Diag *diag);
