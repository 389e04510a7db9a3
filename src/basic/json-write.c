/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "basic/json-scan.h"
#include "basic/json.h"

/* Text is made as the calls come; what is kept is one byte for each open object or array. The first error
 * stays, makes all later calls do nothing, and comes out at the end.
 *
 * Escapes are those of Go's encoding/json of rkt's time: <, >, &, U+2028 and U+2029 too, so that the text
 * may stand in HTML and JavaScript; control characters but \n, \r, \t as \u00XX; what is not UTF-8 as
 * \ufffd. */

#define WRITE_DEPTH_MAX (2 * JSON_DEPTH_MAX)

typedef struct Level {
        bool object; /* else an array */
        bool filled; /* something was written in it */
} Level;

struct JsonWriter {
        StringBuf text;
        Level levels[WRITE_DEPTH_MAX];
        unsigned depth;
        bool pretty, complete; /* complete: the root value was written */
        int error;
};

int json_writer_new(bool pretty, JsonWriter **ret) {
        JsonWriter *w = calloc(1, sizeof(JsonWriter));
        if (!w)
                return -ENOMEM;
        w->pretty = pretty;
        *ret = w;
        return 0;
}

JsonWriter *json_writer_free(JsonWriter *w) {
        if (!w)
                return NULL;
        string_buf_done(&w->text);
        free(w);
        return NULL;
}

void json_writer_fail(JsonWriter *w, int error) {
        if (w->error == 0)
                w->error = error;
}

static void put_n(JsonWriter *w, const char *s, size_t n) {
        if (w->error < 0)
                return;
        int r = string_buf_append_n(&w->text, s, n);
        if (r < 0)
                json_writer_fail(w, r);
}

static void put(JsonWriter *w, const char *s) {
        put_n(w, s, strlen(s));
}

static void put_break(JsonWriter *w) {
        if (!w->pretty)
                return;
        put(w, "\n");
        for (unsigned i = 0; i < w->depth; i++)
                put(w, "\t");
}

static void put_unicode_escape(JsonWriter *w, unsigned c) {
        static const char hex[] = "0123456789abcdef";
        const char text[] = { '\\', 'u', hex[c >> 12 & 15], hex[c >> 8 & 15], hex[c >> 4 & 15], hex[c & 15] };

        put_n(w, text, sizeof(text));
}

/* U+2028 and U+2029 are E2 80 A8 and E2 80 A9. */
static bool is_line_separator(const char *s, size_t n) {
        return n == 3 && memcmp(s, "\xe2\x80", 2) == 0 && ((unsigned char) s[2] & 0xfe) == 0xa8;
}

/* Puts the n bytes of one code point, escaped as Go does in any string that it prints anew or copies. */
static void put_html_safe(JsonWriter *w, const char *s, size_t n) {
        if (n == 1 && (*s == '<' || *s == '>' || *s == '&'))
                put_unicode_escape(w, (unsigned char) *s);
        else if (is_line_separator(s, n))
                put_unicode_escape(w, 0x2000U | ((unsigned char) s[2] & 0x3f));
        else
                put_n(w, s, n);
}

static void put_string(JsonWriter *w, const char *s) {
        size_t left = strlen(s);

        put(w, "\"");
        while (left > 0) {
                size_t n = json_utf8_length(s, left);
                unsigned char c = (unsigned char) *s;

                if (n == 0) {
                        put(w, "\\ufffd");
                        n = 1;
                } else if (c == '"' || c == '\\')
                        put_n(w, (char[]){ '\\', *s }, 2);
                else if (c == '\n')
                        put(w, "\\n");
                else if (c == '\r')
                        put(w, "\\r");
                else if (c == '\t')
                        put(w, "\\t");
                else if (c < 0x20)
                        put_unicode_escape(w, c);
                else
                        put_html_safe(w, s, n);
                s += n;
                left -= n;
        }
        put(w, "\"");
}

/* What stands before a value: comma, line break, key. */
static void begin_value(JsonWriter *w, const char *key) {
        Level *l = w->depth > 0 ? &w->levels[w->depth - 1] : NULL;

        if (w->error < 0)
                return;
        if (l ? l->object != (key != NULL) : (w->complete || key))
                return json_writer_fail(w, -EINVAL);
        if (!l) {
                w->complete = true;
                return;
        }
        if (l->filled)
                put(w, ",");
        l->filled = true;
        put_break(w);
        if (key) {
                put_string(w, key);
                put(w, w->pretty ? ": " : ":");
        }
}

static void open_level(JsonWriter *w, bool object) {
        if (w->error < 0)
                return;
        if (w->depth >= WRITE_DEPTH_MAX)
                return json_writer_fail(w, -EINVAL);
        put(w, object ? "{" : "[");
        w->levels[w->depth++] = (Level){ .object = object };
}

static void close_level(JsonWriter *w, bool object) {
        if (w->error < 0)
                return;
        if (w->depth == 0 || w->levels[w->depth - 1].object != object)
                return json_writer_fail(w, -EINVAL);
        bool filled = w->levels[--w->depth].filled;
        if (filled)
                put_break(w);
        put(w, object ? "}" : "]");
}

void json_write_object_begin(JsonWriter *w, const char *key) {
        begin_value(w, key);
        open_level(w, /* object= */ true);
}

void json_write_object_end(JsonWriter *w) {
        close_level(w, /* object= */ true);
}

void json_write_array_begin(JsonWriter *w, const char *key) {
        begin_value(w, key);
        open_level(w, /* object= */ false);
}

void json_write_array_end(JsonWriter *w) {
        close_level(w, /* object= */ false);
}

void json_write_string(JsonWriter *w, const char *key, const char *value) {
        begin_value(w, key);
        put_string(w, strempty(value));
}

void json_write_integer(JsonWriter *w, const char *key, int64_t value) {
        begin_value(w, key);
        if (w->error < 0)
                return;
        int r = string_buf_printf(&w->text, "%" PRId64, value);
        if (r < 0)
                json_writer_fail(w, r);
}

void json_write_boolean(JsonWriter *w, const char *key, bool value) {
        begin_value(w, key);
        put(w, value ? "true" : "false");
}

void json_write_null(JsonWriter *w, const char *key) {
        begin_value(w, key);
        put(w, "null");
}

/* Copies the string literal at p (with its quotes) and returns what follows. Escapes stay as they are. */
static const char *copy_raw_string(JsonWriter *w, const char *p, const char *end) {
        put_n(w, p++, 1);
        while (*p != '"') {
                size_t n = *p == '\\' ? 2 : json_utf8_length(p, (size_t) (end - p));
                put_html_safe(w, p, n);
                p += n;
        }
        put_n(w, p++, 1);
        return p;
}

/* Re-emits text that json_scan() has passed, token by token. */
static void copy_raw(JsonWriter *w, const char *p, const char *end) {
        while (p < end && w->error == 0) {
                Level *l = w->depth > 0 ? &w->levels[w->depth - 1] : NULL;

                if (strchr(" \t\r\n", *p)) {
                        p++;
                        continue;
                }
                if (*p == '}' || *p == ']') {
                        close_level(w, *p++ == '}');
                        continue;
                }
                if (*p == ',') {
                        put(w, ",");
                        put_break(w);
                        p++;
                        continue;
                }
                if (*p == ':') {
                        put(w, w->pretty ? ": " : ":");
                        p++;
                        continue;
                }

                if (l && !l->filled) {
                        l->filled = true;
                        put_break(w);
                }
                if (*p == '{' || *p == '[')
                        open_level(w, *p++ == '{');
                else if (*p == '"')
                        p = copy_raw_string(w, p, end);
                else
                        put_n(w, p++, 1);
        }
}

void json_write_raw(JsonWriter *w, const char *key, const char *raw) {
        JsonSpan span;

        begin_value(w, key);
        if (w->error < 0)
                return;
        int r = json_scan(/* file= */ NULL, raw, strlen(raw), &span, /* diag= */ NULL);
        if (r < 0)
                return json_writer_fail(w, r == -ENOMEM ? r : -EINVAL);
        copy_raw(w, raw + span.begin, raw + span.end);
}

int json_writer_take(JsonWriter *w, char **ret) {
        if (w->error < 0)
                return w->error;
        if (w->depth > 0 || !w->complete)
                return -EINVAL;

        char *text = string_buf_take(&w->text);
        if (!text)
                return -ENOMEM;
        w->complete = false;
        *ret = text;
        return 0;
}
