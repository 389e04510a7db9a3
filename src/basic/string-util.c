/* SPDX-License-Identifier: Apache-2.0 */

#include <stdint.h>
#include <stdio.h>

#include "basic/string-util.h"

#define DISTANCE_MAX_BYTES 64

static const char whitespace[] = " \t\n\r\v\f";

const char *startswith(const char *s, const char *prefix) {
        size_t n = strlen(prefix);

        return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

const char *endswith(const char *s, const char *suffix) {
        size_t n = strlen(s), m = strlen(suffix);

        return n >= m && streq(s + n - m, suffix) ? s + n - m : NULL;
}

char *xvasprintf(const char *format, va_list ap) {
        char *s = NULL;

        return vasprintf(&s, format, ap) < 0 ? NULL : s;
}

char *xasprintf(const char *format, ...) {
        va_list ap;
        va_start(ap, format);
        char *s = xvasprintf(format, ap);
        va_end(ap);

        return s;
}

char *strjoin(const char *first, ...) {
        va_list ap;

        size_t n = 1;
        va_start(ap, first);
        for (const char *s = first; s; s = va_arg(ap, const char *))
                n += strlen(s);
        va_end(ap);

        char *joined = malloc(n);
        if (!joined)
                return NULL;

        char *p = joined;
        va_start(ap, first);
        for (const char *s = first; s; s = va_arg(ap, const char *))
                p = stpcpy(p, s);
        va_end(ap);
        *p = '\0';

        return joined;
}

char *strstrip(char *s) {
        s += strspn(s, whitespace);

        char *end = s + strlen(s);
        while (end > s && strchr(whitespace, end[-1]))
                end--;
        *end = '\0';

        return s;
}

/* Decodes the sequence at s by the table of well-formed byte sequences (Unicode, table 3-7). Returns its
 * length, or 0 if there is none. */
static size_t utf8_decode(const char *s, size_t len, uint32_t *ret) {
        static const struct {
                uint8_t first, last;       /* of the lead byte */
                uint8_t low, high;         /* of the second byte: no overlong forms, no surrogates */
                uint8_t length;
        } forms[] = {
                { 0x01, 0x7f, 0x00, 0x00, 1 },
                { 0xc2, 0xdf, 0x80, 0xbf, 2 },
                { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
                { 0xe1, 0xec, 0x80, 0xbf, 3 },
                { 0xed, 0xed, 0x80, 0x9f, 3 },
                { 0xee, 0xef, 0x80, 0xbf, 3 },
                { 0xf0, 0xf0, 0x90, 0xbf, 4 },
                { 0xf1, 0xf3, 0x80, 0xbf, 4 },
                { 0xf4, 0xf4, 0x80, 0x8f, 4 },
        };
        static const uint8_t lead_mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
        const uint8_t *u = (const uint8_t *) s;

        size_t i = 0;
        while (i < ELEMENTSOF(forms) && (u[0] < forms[i].first || u[0] > forms[i].last))
                i++;
        if (i == ELEMENTSOF(forms) || forms[i].length > len)
                return 0;

        size_t n = forms[i].length;
        uint32_t c = u[0] & lead_mask[n];
        for (size_t k = 1; k < n; k++) {
                if (u[k] < (k == 1 ? forms[i].low : 0x80) || u[k] > (k == 1 ? forms[i].high : 0xbf))
                        return 0;
                c = c << 6 | (u[k] & 0x3f);
        }

        *ret = c;
        return n;
}

size_t utf8_valid_length(const char *s, size_t len) {
        size_t done = 0, n;
        uint32_t c;

        for (;;) {
                while (done < len && (int8_t) s[done] > 0) /* most text is ASCII */
                        done++;
                if (done == len || (n = utf8_decode(s + done, len - done, &c)) == 0)
                        return done;
                done += n;
        }
}

bool utf8_is_valid(const char *s, size_t len) {
        return utf8_valid_length(s, len) == len;
}

size_t utf8_width(const char *s) {
        size_t n = 0;

        for (; *s; s++)
                n += ((uint8_t) *s & 0xc0) != 0x80;
        return n;
}

/* C0, DEL and C1 drive the terminal; line and paragraph separators break lines; the bidirectional controls
 * make text read other than it is. */
static bool codepoint_is_unprintable(uint32_t c) {
        return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200e && c <= 0x200f) ||
               (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

char *string_escape(const char *s) {
        static const char digits[] = "0123456789abcdef";
        size_t len = strlen(s);
        char *escaped = malloc(4 * len + 1);
        if (!escaped)
                return NULL;

        char *p = escaped;
        while (len > 0) {
                uint32_t c;
                size_t n = utf8_decode(s, len, &c);
                bool as_is = n > 0 && !codepoint_is_unprintable(c);
                if (n == 0)
                        n = 1;

                if (as_is)
                        p = mempcpy(p, s, n);
                else
                        for (size_t i = 0; i < n; i++) {
                                *p++ = '\\';
                                *p++ = 'x';
                                *p++ = digits[(uint8_t) s[i] >> 4];
                                *p++ = digits[(uint8_t) s[i] & 0xf];
                        }
                s += n;
                len -= n;
        }
        *p = '\0';

        return escaped;
}

size_t string_distance(const char *a, const char *b) {
        size_t n = strlen(a), m = strlen(b);
        if (n > DISTANCE_MAX_BYTES || m > DISTANCE_MAX_BYTES)
                return SIZE_MAX;

        /* Three rows of the matrix, going down a: a swap looks two rows up. */
        size_t rows[3][DISTANCE_MAX_BYTES + 1];
        for (size_t j = 0; j <= m; j++)
                rows[0][j] = j;

        for (size_t i = 1; i <= n; i++) {
                size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *swapped = rows[(i + 1) % 3];

                row[0] = i;
                for (size_t j = 1; j <= m; j++) {
                        row[j] = MIN(above[j - 1] + (a[i - 1] != b[j - 1]), MIN(above[j], row[j - 1]) + 1);
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                row[j] = MIN(row[j], swapped[j - 2] + 1);
                }
        }
        return rows[n % 3][m];
}

/* Makes room for n more bytes and the NUL. */
static int string_buf_reserve(StringBuf *b, size_t n) {
        if (n >= SIZE_MAX / 2 - b->size)
                return -ENOMEM;

        size_t need = b->size + n + 1;
        if (need <= b->allocated)
                return 0;

        size_t allocated = MAX(need, MAX(2 * b->allocated, (size_t) 64));
        char *data = realloc(b->data, allocated);
        if (!data)
                return -ENOMEM;

        b->data = data;
        b->allocated = allocated;
        b->data[b->size] = '\0';
        return 0;
}

int string_buf_append_n(StringBuf *b, const void *data, size_t n) {
        int r = string_buf_reserve(b, n);
        if (r < 0)
                return r;

        if (n > 0)
                memcpy(b->data + b->size, data, n);
        b->size += n;
        b->data[b->size] = '\0';
        return 0;
}

int string_buf_append(StringBuf *b, const char *s) {
        return string_buf_append_n(b, s, strlen(s));
}

int string_buf_vprintf(StringBuf *b, const char *format, va_list ap) {
        va_list again;
        va_copy(again, ap);
        int n = vsnprintf(NULL, 0, format, again);
        va_end(again);
        if (n < 0)
                return -ENOMEM;

        int r = string_buf_reserve(b, n);
        if (r < 0)
                return r;

        (void) vsnprintf(b->data + b->size, (size_t) n + 1, format, ap);
        b->size += n;
        return 0;
}

int string_buf_printf(StringBuf *b, const char *format, ...) {
        va_list ap;
        va_start(ap, format);
        int r = string_buf_vprintf(b, format, ap);
        va_end(ap);

        return r;
}

char *string_buf_take(StringBuf *b) {
        if (!b->data && string_buf_reserve(b, 0) < 0)
                return NULL;

        char *s = b->data;
        *b = (StringBuf) {};
        return s;
}

void string_buf_done(StringBuf *b) {
        free(b->data);
        *b = (StringBuf) {};
}
