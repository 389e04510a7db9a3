/* SPDX-License-Identifier: Apache-2.0 */

#include <stdint.h>

#include "basic/ini.h"
#include "basic/strv.h"

#define BLANKS " \t\n\r\v\f"

/* Escapes of a single letter. */
static const char escapes[][2] = {
        { 'a', '\a' }, { 'b', '\b' },  { 'f', '\f' }, { 'n', '\n' },  { 'r', '\r' }, { 't', '\t' },
        { 'v', '\v' }, { '\\', '\\' }, { '"', '"' },  { '\'', '\'' }, { 's', ' ' },
};

/* Escapes of a fixed number of digits; those of code points are written as UTF-8, others are one byte. */
static const struct {
        char letter; /* 0: the first digit follows at once */
        size_t digits;
        unsigned base;
        bool is_code_point;
} numeric_escapes[] = {
        { 'x', 2, 16, false },
        { 'u', 4, 16, true  },
        { 'U', 8, 16, true  },
        { 0,   3, 8,  false },
};

static int digit_value(char c, unsigned base) {
        int value = c >= '0' && c <= '9' ? c - '0'
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

        return value >= 0 && (unsigned) value < base ? value : -EINVAL;
}

static size_t utf8_encode(uint32_t c, char buf[static 4]) {
        static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
        size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

        for (size_t i = n; i > 1; i--) {
                buf[i - 1] = (char) (0x80 | (c & 0x3f));
                c >>= 6;
        }
        buf[0] = (char) (lead[n] | c);
        return n;
}

/* p: after the backslash; returns how many bytes were used, 0 if it is no such escape. */
static int unescape_number(const char *p, StringBuf *word) {
        size_t i = 0;
        while (numeric_escapes[i].letter && numeric_escapes[i].letter != *p)
                i++;

        const char *digits = p + (numeric_escapes[i].letter ? 1 : 0);
        uint32_t value = 0;
        for (size_t k = 0; k < numeric_escapes[i].digits; k++) {
                int d = digit_value(digits[k], numeric_escapes[i].base);
                if (d < 0)
                        return 0;
                value = value * numeric_escapes[i].base + (uint32_t) d;
        }

        char buf[4] = { (char) value };
        size_t n = 1;
        if (numeric_escapes[i].is_code_point) {
                if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
                        return 0;
                n = utf8_encode(value, buf);
        } else if (value > 0xff)
                return 0;
        if (value == 0)
                return 0;

        int r = string_buf_append_n(word, buf, n);
        return r < 0 ? r : (int) (digits - p + numeric_escapes[i].digits);
}

static int unescape(const char *p, StringBuf *word, Diag *diag) {
        for (size_t i = 0; i < ELEMENTSOF(escapes); i++)
                if (escapes[i][0] == *p) {
                        int r = string_buf_append_n(word, &escapes[i][1], 1);
                        return r < 0 ? r : 1;
                }

        int r = unescape_number(p, word);
        if (r != 0)
                return r;
        if (!*p)
                return diag_set(diag, -EINVAL, "backslash at the end");

        _cleanup_free_ char *escaped = string_escape((char[]) { *p, '\0' });
        return diag_set(diag, -EINVAL, "invalid escape sequence \"\\%s\"", strempty(escaped));
}

/* One word from *p on, which is no white space; advances *p past it. As systemd does, a quote may also stand
 * within a word: A="b c". */
static int extract_word(const char **p, char **ret, Diag *diag) {
        _cleanup_(string_buf_done) StringBuf word = {};
        char quote = 0;
        const char *s = *p;

        while (*s && (quote || !strchr(BLANKS, *s))) {
                int r = 1;

                if (*s == '\\')
                        r = unescape(++s, &word, diag);
                else if (quote ? *s == quote : *s == '"' || *s == '\'')
                        quote = quote ? 0 : *s;
                else
                        r = string_buf_append_n(&word, s, 1) < 0 ? -ENOMEM : 1;
                if (r < 0)
                        return r;
                s += r;
        }
        if (quote)
                return diag_set(diag, -EINVAL, "missing closing quote %c", quote);

        *ret = string_buf_take(&word);
        *p = s;
        return *ret ? 0 : -ENOMEM;
}

int ini_split_words(const char *value, char ***ret, Diag *diag) {
        /* A word has a byte at least, and a blank before the next one. */
        _cleanup_strv_free_ char **words = calloc(strlen(value) / 2 + 2, sizeof(char *));
        size_t n = 0;

        if (!words)
                return -ENOMEM;
        for (const char *p = value;;) {
                p += strspn(p, BLANKS);
                if (!*p)
                        break;

                int r = extract_word(&p, &words[n], diag);
                if (r < 0)
                        return r;
                n++;
        }

        *ret = n > 0 ? TAKE_PTR(words) : NULL;
        return 0;
}
