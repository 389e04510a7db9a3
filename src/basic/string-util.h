/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdarg.h>
#include <string.h>

#include "basic/cleanup.h"

static inline bool streq(const char *a, const char *b) {
        return strcmp(a, b) == 0;
}

static inline bool streq_ptr(const char *a, const char *b) {
        return a && b ? streq(a, b) : a == b;
}

static inline bool isempty(const char *s) {
        return !s || !*s;
}

static inline const char *strempty(const char *s) {
        return s ?: "";
}

/* If s begins with prefix, the rest of s after it, else NULL. */
const char *startswith(const char *s, const char *prefix);
/* If s ends with suffix, the suffix within s, else NULL. */
const char *endswith(const char *s, const char *suffix);

/* printf into a new string; NULL when out of memory. */
char *xasprintf(const char *format, ...) _printf_(1, 2);
char *xvasprintf(const char *format, va_list ap) _printf_(1, 0);
/* Concatenates the strings up to the terminating NULL. */
char *strjoin(const char *first, ...) _sentinel_;

/* Removes white space at both ends, in place; returns the new start, inside s. */
char *strstrip(char *s);

/* Whether the len bytes at s are valid UTF-8 (no surrogates, no overlong forms, no NUL). */
bool utf8_is_valid(const char *s, size_t len);
/* How many of the len bytes are valid before the first that is not. */
size_t utf8_valid_length(const char *s, size_t len);
/* The columns that it takes: its code points. */
size_t utf8_width(const char *s);
/* A new string fit for a terminal or a log: control characters, DEL and invalid UTF-8 as \xNN. */
char *string_escape(const char *s);

/* How many letters to insert, drop, replace, or swap with their neighbour, for "did you mean". SIZE_MAX:
 * longer than 64 bytes, never near. */
size_t string_distance(const char *a, const char *b);

/* A growing byte string. Start with "= {}"; release with string_buf_done() (or the cleanup attribute). */
typedef struct StringBuf {
        char *data;  /* NUL-terminated once anything was added, else NULL */
        size_t size; /* without the NUL */
        size_t allocated;
} StringBuf;

/* -ENOMEM on failure; what was there before stays. */
int string_buf_append(StringBuf *b, const char *s);
int string_buf_append_n(StringBuf *b, const void *data, size_t n);
int string_buf_printf(StringBuf *b, const char *format, ...) _printf_(2, 3);
int string_buf_vprintf(StringBuf *b, const char *format, va_list ap) _printf_(2, 0);
/* Gives the string away (never NULL unless out of memory: an empty buffer gives ""), leaving the buffer
 * empty. */
char *string_buf_take(StringBuf *b);
void string_buf_done(StringBuf *b);
