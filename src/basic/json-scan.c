/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "basic/json-scan.h"
#include "basic/json.h"

/* A recursive descent over the text that only says yes or no; json-c reads what has passed. json-c alone
 * takes too much for strict JSON: duplicate keys (the last wins silently), single quotes, NaN, raw control
 * characters, integers that it clamps. Recursion is bounded by JSON_DEPTH_MAX.
 *
 * Duplicate keys are found on decoded keys ("a" is "\u0061"). The keys of all open objects lie on one
 * stack; an object that closes sorts its part, looks for equal neighbours, and takes its part off. */

/* Literals of real numbers that are longer than this serve no purpose. */
#define NUMBER_LENGTH_MAX 64
/* 10^308 is below DBL_MAX. */
#define REAL_DIGITS_MAX 308

typedef struct Key {
        size_t offset, length; /* in Scanner.decoded */
        size_t position;       /* in the text */
} Key;

typedef struct Scanner {
        const char *file;
        const char *text;
        size_t size, position;
        unsigned depth;
        unsigned values, containers; /* begun so far */
        StringBuf decoded; /* the decoded keys of the open objects */
        Key *keys;
        size_t n_keys, keys_allocated;
        Diag *diag;
} Scanner;

static int scan_value(Scanner *s);

_printf_(3, 4) static int fail(Scanner *s, size_t position, const char *format, ...) {
        unsigned line = 1, column = 1;
        va_list ap;

        for (size_t i = 0; i < position && i < s->size; i++) {
                if (s->text[i] == '\n') {
                        line++;
                        column = 1;
                } else
                        column++;
        }

        StringBuf message = {};
        va_start(ap, format);
        int r = string_buf_vprintf(&message, format, ap);
        va_end(ap);
        if (r >= 0)
                r = diag_set_at(s->diag, -EBADMSG, s->file, line, column, "%s", strempty(message.data));
        string_buf_done(&message);
        return r;
}

static int fail_here(Scanner *s) {
        if (s->position >= s->size)
                return fail(s, s->position, "unexpected end of input");

        unsigned char c = (unsigned char) s->text[s->position];
        if (c > 0x20 && c < 0x7f)
                return fail(s, s->position, "unexpected character '%c'", c);
        return fail(s, s->position, "unexpected byte 0x%02x", c);
}

static bool at(const Scanner *s, char c) {
        return s->position < s->size && s->text[s->position] == c;
}

static bool take(Scanner *s, char c) {
        if (!at(s, c))
                return false;
        s->position++;
        return true;
}

static void skip_space(Scanner *s) {
        while (at(s, ' ') || at(s, '\t') || at(s, '\n') || at(s, '\r'))
                s->position++;
}

static size_t take_digits(Scanner *s) {
        size_t begin = s->position;

        while (s->position < s->size && s->text[s->position] >= '0' && s->text[s->position] <= '9')
                s->position++;
        return s->position - begin;
}

size_t json_utf8_length(const char *p, size_t n) {
        const uint8_t *u = (const uint8_t *) p;
        /* The second byte's range shuts out overlong forms, surrogates and what is above U+10FFFF. */
        static const struct {
                uint8_t first_min, first_max, second_min, second_max, length;
        } forms[] = {
                { 0x00, 0x7f, 0x00, 0xff, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
                { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
                { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
        };

        for (size_t i = 0; n > 0 && i < ELEMENTSOF(forms); i++) {
                if (u[0] < forms[i].first_min || u[0] > forms[i].first_max)
                        continue;
                if (n < forms[i].length)
                        return 0;
                if (forms[i].length > 1 && (u[1] < forms[i].second_min || u[1] > forms[i].second_max))
                        return 0;
                for (size_t k = 2; k < forms[i].length; k++)
                        if (u[k] < 0x80 || u[k] > 0xbf)
                                return 0;
                return forms[i].length;
        }
        return 0;
}

static int append_code_point(StringBuf *b, uint32_t c) {
        char u[4];

        if (c < 0x80)
                return string_buf_append_n(b, (char[]){ (char) c }, 1);
        if (c < 0x800) {
                u[0] = (char) (0xc0 | (c >> 6));
                u[1] = (char) (0x80 | (c & 0x3f));
                return string_buf_append_n(b, u, 2);
        }
        if (c < 0x10000) {
                u[0] = (char) (0xe0 | (c >> 12));
                u[1] = (char) (0x80 | ((c >> 6) & 0x3f));
                u[2] = (char) (0x80 | (c & 0x3f));
                return string_buf_append_n(b, u, 3);
        }
        u[0] = (char) (0xf0 | (c >> 18));
        u[1] = (char) (0x80 | ((c >> 12) & 0x3f));
        u[2] = (char) (0x80 | ((c >> 6) & 0x3f));
        u[3] = (char) (0x80 | (c & 0x3f));
        return string_buf_append_n(b, u, 4);
}

/* The four digits after "\u". */
static int scan_hex4(Scanner *s, uint32_t *ret) {
        uint32_t value = 0;

        for (unsigned i = 0; i < 4; i++, s->position++) {
                char c = s->position < s->size ? s->text[s->position] : '\0';

                if (c >= '0' && c <= '9')
                        value = value << 4 | (uint32_t) (c - '0');
                else if (c >= 'a' && c <= 'f')
                        value = value << 4 | (uint32_t) (c - 'a' + 10);
                else if (c >= 'A' && c <= 'F')
                        value = value << 4 | (uint32_t) (c - 'A' + 10);
                else
                        return fail_here(s);
        }
        *ret = value;
        return 0;
}

static int scan_unicode_escape(Scanner *s, size_t begin, StringBuf *decoded) {
        uint32_t c, low;

        int r = scan_hex4(s, &c);
        if (r < 0)
                return r;
        if (c == 0)
                return fail(s, begin, "\\u0000 is not allowed in a string");
        if (c >= 0xdc00 && c <= 0xdfff)
                return fail(s, begin, "lone surrogate \\u%04x", (unsigned) c);
        if (c >= 0xd800 && c <= 0xdbff) {
                if (!take(s, '\\') || !take(s, 'u'))
                        return fail(s, begin, "lone surrogate \\u%04x", (unsigned) c);
                r = scan_hex4(s, &low);
                if (r < 0)
                        return r;
                if (low < 0xdc00 || low > 0xdfff)
                        return fail(s, begin, "lone surrogate \\u%04x", (unsigned) c);
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
        return decoded ? append_code_point(decoded, c) : 0;
}

static int scan_escape(Scanner *s, StringBuf *decoded) {
        static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
        size_t begin = s->position++;

        if (s->position >= s->size)
                return fail_here(s);
        char c = s->text[s->position];
        if (c == 'u') {
                s->position++;
                return scan_unicode_escape(s, begin, decoded);
        }
        const char *letter = c ? strchr(letters, c) : NULL;
        if (!letter)
                return fail(s, begin, "unknown escape in a string");
        s->position++;
        return decoded ? string_buf_append_n(decoded, values + (letter - letters), 1) : 0;
}

/* decoded: the string's bytes are appended to it, unless NULL. */
static int scan_string(Scanner *s, StringBuf *decoded) {
        int r;

        if (!take(s, '"'))
                return fail_here(s);
        while (!take(s, '"')) {
                if (s->position >= s->size)
                        return fail(s, s->position, "unexpected end of input in a string");

                unsigned char c = (unsigned char) s->text[s->position];
                if (c < 0x20)
                        return fail(s, s->position, "control character 0x%02x in a string", c);
                if (c == '\\') {
                        r = scan_escape(s, decoded);
                        if (r < 0)
                                return r;
                        continue;
                }

                size_t n = json_utf8_length(s->text + s->position, s->size - s->position);
                if (n == 0)
                        return fail(s, s->position, "invalid UTF-8");
                if (decoded && string_buf_append_n(decoded, s->text + s->position, n) < 0)
                        return -ENOMEM;
                s->position += n;
        }
        return 0;
}

/* Whether the n digits at p, negated or not, are an int64_t. */
static bool fits_int64(const char *p, size_t n, bool negative) {
        int64_t value = 0;

        for (size_t i = 0; i < n; i++)
                if (__builtin_mul_overflow(value, 10, &value) ||
                    __builtin_sub_overflow(value, p[i] - '0', &value))
                        return false;
        return negative || value != INT64_MIN;
}

static int scan_exponent(Scanner *s, size_t integer_digits) {
        unsigned exponent = 0;

        bool negative = take(s, '-');
        if (!negative)
                (void) take(s, '+');
        size_t n = take_digits(s);
        if (n == 0)
                return fail_here(s);
        for (size_t i = s->position - n; i < s->position && exponent <= REAL_DIGITS_MAX; i++)
                exponent = exponent * 10 + (unsigned) (s->text[i] - '0');
        if (exponent > REAL_DIGITS_MAX || (!negative && exponent + integer_digits > REAL_DIGITS_MAX))
                return fail(s, s->position - n, "exponent out of range");
        return 0;
}

static int scan_number(Scanner *s) {
        size_t begin = s->position;
        bool real = false;

        bool negative = take(s, '-');
        size_t integer = s->position, n = take_digits(s);
        if (n == 0)
                return fail_here(s);
        if (n > 1 && s->text[integer] == '0')
                return fail(s, begin, "number with a leading zero");

        if (take(s, '.')) {
                real = true;
                if (take_digits(s) == 0)
                        return fail_here(s);
        }
        if (take(s, 'e') || take(s, 'E')) {
                real = true;
                int r = scan_exponent(s, MIN(n, (size_t) REAL_DIGITS_MAX));
                if (r < 0)
                        return r;
        }

        if (!real && !fits_int64(s->text + integer, n, negative))
                return fail(s, begin, "integer out of range");
        if (s->position - begin > NUMBER_LENGTH_MAX)
                return fail(s, begin, "number of more than %d characters", NUMBER_LENGTH_MAX);
        return 0;
}

static int scan_word(Scanner *s) {
        static const char *const words[] = { "true", "false", "null" };

        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                size_t n = strlen(words[i]);
                if (s->size - s->position >= n && memcmp(s->text + s->position, words[i], n) == 0) {
                        s->position += n;
                        return 0;
                }
        }
        return fail_here(s);
}

static int key_compare(const void *a, const void *b, void *userdata) {
        const Key *x = a, *y = b;
        const char *decoded = userdata;

        int r = memcmp(decoded + x->offset, decoded + y->offset, MIN(x->length, y->length));
        if (r != 0)
                return r;
        if (x->length != y->length)
                return x->length < y->length ? -1 : 1;
        return x->position < y->position ? -1 : 1;
}

static bool key_equal(const Scanner *s, const Key *a, const Key *b) {
        return a->length == b->length &&
                memcmp(s->decoded.data + a->offset, s->decoded.data + b->offset, a->length) == 0;
}

/* Looks for equal keys among those from first on, and takes these off the stack. */
static int close_keys(Scanner *s, size_t first) {
        size_t n = s->n_keys - first;
        Key *keys = s->keys + first;

        if (n == 0)
                return 0;
        size_t bottom = keys[0].offset;
        qsort_r(keys, n, sizeof(Key), key_compare, s->decoded.data);
        for (size_t i = 1; i < n; i++) {
                if (!key_equal(s, &keys[i - 1], &keys[i]))
                        continue;
                _cleanup_free_ char *excerpt = json_excerpt(s->decoded.data + keys[i].offset);
                if (!excerpt)
                        return -ENOMEM;
                return fail(s, keys[i].position, "duplicate key \"%s\"", excerpt);
        }
        s->n_keys = first;
        s->decoded.size = bottom;
        return 0;
}

static int scan_key(Scanner *s) {
        Key key = { .offset = s->decoded.size, .position = s->position };

        int r = scan_string(s, &s->decoded);
        if (r < 0)
                return r;
        key.length = s->decoded.size - key.offset;
        /* the terminator for messages, and memory even for an empty first key */
        r = string_buf_append_n(&s->decoded, "", 1);
        if (r < 0)
                return r;

        if (s->n_keys == s->keys_allocated) {
                size_t n = MAX(s->keys_allocated * 2, (size_t) 64);
                Key *keys = reallocarray(s->keys, n, sizeof(Key));
                if (!keys)
                        return -ENOMEM;
                s->keys = keys;
                s->keys_allocated = n;
        }
        s->keys[s->n_keys++] = key;
        return 0;
}

static int scan_object(Scanner *s) {
        size_t first = s->n_keys;
        int r;

        s->position++;
        skip_space(s);
        if (take(s, '}'))
                return 0;
        for (;;) {
                skip_space(s);
                r = scan_key(s);
                if (r < 0)
                        return r;
                skip_space(s);
                if (!take(s, ':'))
                        return fail_here(s);
                r = scan_value(s);
                if (r < 0)
                        return r;
                skip_space(s);
                if (take(s, '}'))
                        return close_keys(s, first);
                if (!take(s, ','))
                        return fail_here(s);
        }
}

static int scan_array(Scanner *s) {
        s->position++;
        skip_space(s);
        if (take(s, ']'))
                return 0;
        for (;;) {
                int r = scan_value(s);
                if (r < 0)
                        return r;
                skip_space(s);
                if (take(s, ']'))
                        return 0;
                if (!take(s, ','))
                        return fail_here(s);
        }
}

static int scan_container(Scanner *s) {
        if (s->depth >= JSON_DEPTH_MAX)
                return fail(s, s->position, "nesting deeper than %d", JSON_DEPTH_MAX);
        if (++s->containers > JSON_CONTAINERS_MAX)
                return fail(s, s->position, "more than %d objects and arrays", JSON_CONTAINERS_MAX);
        s->depth++;
        int r = at(s, '{') ? scan_object(s) : scan_array(s);
        s->depth--;
        return r;
}

static int scan_value(Scanner *s) {
        skip_space(s);
        if (++s->values > JSON_VALUES_MAX)
                return fail(s, s->position, "more than %d values", JSON_VALUES_MAX);
        if (at(s, '{') || at(s, '['))
                return scan_container(s);
        if (at(s, '"'))
                return scan_string(s, /* decoded= */ NULL);
        if (at(s, '-') ||
            (s->position < s->size && s->text[s->position] >= '0' && s->text[s->position] <= '9'))
                return scan_number(s);
        return scan_word(s);
}

int json_scan(const char *file, const char *text, size_t size, JsonSpan *ret, Diag *diag) {
        Scanner s = { .file = file, .text = text, .size = size, .diag = diag };
        JsonSpan span;

        assert(text || size == 0);

        skip_space(&s);
        span.begin = s.position;
        int r = scan_value(&s);
        span.end = s.position;
        if (r >= 0) {
                skip_space(&s);
                if (s.position < size)
                        r = fail(&s, s.position, "trailing data after the value");
        }
        free(s.keys);
        string_buf_done(&s.decoded);
        if (r < 0)
                return r;
        *ret = span;
        return 0;
}
