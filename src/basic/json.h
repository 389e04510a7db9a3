/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "basic/diag.h"

/* JSON: json-c behind a strict scanner of ours. json_parse() refuses what RFC 8259 does not have and what
 * json-c lets pass: duplicate keys, single quotes, NaN, control characters, invalid UTF-8, \u0000, lone
 * surrogates, integers outside int64, depth over JSON_DEPTH_MAX, trailing bytes. Values are borrowed from
 * their document.
 *
 * null is the NULL value: a member that is null looks as one that is not there. Readers of whole structs
 * are in basic/json-read.h. */

#define JSON_DEPTH_MAX 32
/* A few bytes of text become hundreds of memory: these bound it to some 100 MB, whatever the text's size. */
#define JSON_VALUES_MAX (512 * 1024)
#define JSON_CONTAINERS_MAX (64 * 1024)
/* How much of a key or value a message quotes, in bytes: a document may hold megabytes of it. */
#define JSON_QUOTED_MAX 80
/* The first JSON_QUOTED_MAX bytes, escaped, and "…" for those left out. NULL: out of memory. */
char *json_excerpt(const char *s);

typedef struct JsonDoc JsonDoc;     /* owns the text's values */
typedef struct json_object JsonValue; /* json-c's, opaque to callers */

typedef enum JsonType {
        JSON_NULL, JSON_BOOLEAN, JSON_INTEGER, JSON_REAL, JSON_STRING, JSON_ARRAY, JSON_OBJECT,
} JsonType;

/* file: for messages. -EBADMSG: not strict JSON (diag has line and column); -EFBIG: over max bytes. */
int json_parse(const char *file, const char *text, size_t size, size_t max, JsonDoc **ret, Diag *diag);
JsonDoc *json_doc_free(JsonDoc *d);
DEFINE_POINTER_CLEANUP(JsonDoc *, json_doc_free)
const JsonValue *json_doc_root(const JsonDoc *d);

JsonType json_type(const JsonValue *v);
const char *json_type_name(JsonType t);
/* NULL if v is no object or has no such key. */
const JsonValue *json_get(const JsonValue *v, const char *key);
const char *json_string(const JsonValue *v); /* NULL if no string */
size_t json_length(const JsonValue *v);      /* of an array or object; else 0 */
const JsonValue *json_at(const JsonValue *array, size_t i);
int json_integer(const JsonValue *v, int64_t *ret); /* -EINVAL if no integer */
int json_boolean(const JsonValue *v);               /* 1, 0, -EINVAL */
typedef int (*JsonMemberHandler)(const char *key, const JsonValue *v, void *userdata);
/* Calls f for each member, in document order. Stops at a negative return. -EINVAL: no object. */
int json_foreach(const JsonValue *object, JsonMemberHandler f, void *userdata);
/* How many objects and arrays are open at the deepest place: 0 for a scalar. */
unsigned json_depth(const JsonValue *v);
/* A copy of the value as compact text (the caller's). */
char *json_to_text(const JsonValue *v);

/* Writing: straight to text, in the order of the calls, no tree. Pretty output is Go's json.MarshalIndent
 * with a tab for indentation; compact output is Go's json.Marshal (escapes <, >, & as \u00XX, U+2028/9). */
typedef struct JsonWriter JsonWriter;
int json_writer_new(bool pretty, JsonWriter **ret);
JsonWriter *json_writer_free(JsonWriter *w);
DEFINE_POINTER_CLEANUP(JsonWriter *, json_writer_free)
/* key: NULL inside an array or at the root. Errors are sticky and come out of json_writer_take(). */
void json_write_object_begin(JsonWriter *w, const char *key);
void json_write_object_end(JsonWriter *w);
void json_write_array_begin(JsonWriter *w, const char *key);
void json_write_array_end(JsonWriter *w);
void json_write_string(JsonWriter *w, const char *key, const char *value);
void json_write_integer(JsonWriter *w, const char *key, int64_t value);
void json_write_boolean(JsonWriter *w, const char *key, bool value);
void json_write_null(JsonWriter *w, const char *key);
/* raw: the text of one JSON value, re-emitted in this writer's style. */
void json_write_raw(JsonWriter *w, const char *key, const char *raw);
/* Makes json_writer_take() return error (the first one set). */
void json_writer_fail(JsonWriter *w, int error);
/* The whole text without final newline, the caller's. -ENOMEM, -EINVAL (unbalanced calls or bad raw text). */
int json_writer_take(JsonWriter *w, char **ret);
