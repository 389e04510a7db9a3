/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/quantity.h"

/* A quantity is held as digits × 10^exponent10 × 2^exponent2. 19 significant digits are kept, as many as an
 * int64_t has; of those beyond, only whether one is not zero. No floating point anywhere: 0.1 is exact. */

#define DIGITS_MAX UINT64_C(1000000000000000000) /* one more digit fits below 10^19 */
#define EXPONENT_MAX 1000

typedef unsigned __int128 uint128_t;

typedef enum QuantityFormat {
        FORMAT_DECIMAL,
        FORMAT_BINARY,
        FORMAT_EXPONENT,
} QuantityFormat;

typedef struct Quantity {
        bool negative;
        bool inexact; /* the value is a little more than what the digits say */
        uint64_t digits;
        int exponent10;
        unsigned exponent2;
        QuantityFormat format;
} Quantity;

typedef struct Suffix {
        const char *name;
        QuantityFormat format;
        int exponent; /* of 10 or of 2 */
} Suffix;

/* The first of an exponent is the one that is written. */
static const Suffix suffixes[] = {
        { "n", FORMAT_DECIMAL, -9 }, { "u", FORMAT_DECIMAL, -6 }, { "m", FORMAT_DECIMAL, -3 },
        { "", FORMAT_DECIMAL, 0 },   { "k", FORMAT_DECIMAL, 3 },  { "K", FORMAT_DECIMAL, 3 },
        { "M", FORMAT_DECIMAL, 6 },  { "G", FORMAT_DECIMAL, 9 },  { "T", FORMAT_DECIMAL, 12 },
        { "P", FORMAT_DECIMAL, 15 }, { "E", FORMAT_DECIMAL, 18 }, { "Ki", FORMAT_BINARY, 10 },
        { "Mi", FORMAT_BINARY, 20 }, { "Gi", FORMAT_BINARY, 30 }, { "Ti", FORMAT_BINARY, 40 },
        { "Pi", FORMAT_BINARY, 50 }, { "Ei", FORMAT_BINARY, 60 },
};

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static void add_digit(Quantity *q, unsigned digit, bool fraction) {
        if (q->digits < DIGITS_MAX) {
                q->digits = q->digits * 10 + digit;
                q->exponent10 -= fraction ? 1 : 0;
                return;
        }
        q->exponent10 += fraction ? 0 : 1;
        q->inexact |= digit > 0;
}

/* Digits with at most one point among them; at least one digit. */
static bool take_number(const char **s, Quantity *q) {
        const char *p = *s;
        bool fraction = false, any = false;

        for (; is_digit(*p) || (*p == '.' && !fraction); p++) {
                if (*p == '.') {
                        fraction = true;
                        continue;
                }
                any = true;
                add_digit(q, (unsigned) (*p - '0'), fraction);
        }
        *s = p;
        return any;
}

/* "e3", "E-2": also the E of exa, unless a number follows. */
static bool take_exponent(const char *s, Quantity *q) {
        int exponent = 0;

        if ((*s != 'e' && *s != 'E') || s[1] == '\0')
                return false;
        bool negative = *++s == '-';
        if (*s == '-' || *s == '+')
                s++;
        if (!is_digit(*s))
                return false;
        for (; is_digit(*s); s++)
                exponent = MIN(exponent * 10 + (*s - '0'), EXPONENT_MAX + 1);
        if (*s || exponent > EXPONENT_MAX)
                return false;
        q->exponent10 += negative ? -exponent : exponent;
        q->format = FORMAT_EXPONENT;
        return true;
}

static bool take_suffix(const char *s, Quantity *q) {
        for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
                if (!streq(s, suffixes[i].name))
                        continue;
                q->format = suffixes[i].format;
                if (q->format == FORMAT_BINARY)
                        q->exponent2 = (unsigned) suffixes[i].exponent;
                else
                        q->exponent10 += suffixes[i].exponent;
                return true;
        }
        return take_exponent(s, q);
}

static bool parse(const char *s, Quantity *ret) {
        Quantity q = {};

        if (strlen(s) > QUANTITY_LENGTH_MAX)
                return false;
        q.negative = *s == '-';
        if (*s == '-' || *s == '+')
                s++;
        if (!take_number(&s, &q) || !take_suffix(s, &q))
                return false;
        *ret = q;
        return true;
}

static int refuse(const char *s, Diag *diag) {
        _cleanup_free_ char *start = strndup(s, QUANTITY_LENGTH_MAX);
        _cleanup_free_ char *escaped = start ? string_escape(start) : NULL;

        if (!escaped)
                return -ENOMEM;
        return diag_set(diag, -EINVAL, "\"%s\" is not a quantity (such as 500m, 1.5, 42Mi, 50M or 1e3)",
                        escaped);
}

/* The magnitude times 10^scale, rounded up; INT64_MAX if it is larger. */
static int64_t magnitude(const Quantity *q, int scale) {
        /* below 10^19 × 2^60, which is below 2^124 */
        uint128_t value = (uint128_t) q->digits << q->exponent2;
        int exponent = q->exponent10 + scale;
        bool round_up = q->inexact;

        if (value == 0)
                return 0;
        for (; exponent > 0 && value <= INT64_MAX; exponent--)
                value *= 10;
        for (; exponent < 0 && value > 0; exponent++) {
                round_up |= value % 10 > 0;
                value /= 10;
        }
        value += round_up ? 1 : 0;
        return value > INT64_MAX ? INT64_MAX : (int64_t) value;
}

int quantity_parse_milli(const char *s, int64_t *ret, Diag *diag) {
        Quantity q;

        if (!parse(s, &q))
                return refuse(s, diag);
        int64_t milli = magnitude(&q, 3);
        *ret = q.negative ? -milli : milli;
        return 0;
}

static const char *suffix_name(QuantityFormat format, int exponent) {
        for (size_t i = 0; i < ELEMENTSOF(suffixes); i++)
                if (suffixes[i].format == format && suffixes[i].exponent == exponent)
                        return suffixes[i].name;
        return NULL;
}

static char *format_suffixed(const Quantity *q, uint64_t digits, const char *suffix) {
        return xasprintf("%s%llu%s", q->negative ? "-" : "", (unsigned long long) digits, suffix);
}

/* The largest power of 1000 that leaves an integer; false if the digits do not suffice. */
static bool decimal_form(const Quantity *q, uint64_t *digits, int *exponent) {
        uint64_t d = q->digits;
        int e = q->exponent10;

        for (; d > 0 && d % 10 == 0; e++)
                d /= 10;
        for (; e % 3 != 0; e--)
                if (__builtin_mul_overflow(d, 10, &d))
                        return false;
        *digits = d;
        *exponent = e;
        return true;
}

/* The value as an integer, without rounding. */
static bool binary_value(const Quantity *q, uint64_t *ret) {
        uint128_t value = (uint128_t) q->digits << q->exponent2;

        for (int e = q->exponent10; e < 0; e++) {
                if (value % 10 > 0)
                        return false;
                value /= 10;
        }
        if (q->exponent10 > 0 || value > INT64_MAX)
                return false;
        *ret = (uint64_t) value;
        return true;
}

static char *format_binary(const Quantity *q) {
        uint64_t value;
        int exponent = 0;

        if (!binary_value(q, &value))
                return NULL;
        for (; value >= 1024 && value % 1024 == 0; exponent += 10)
                value /= 1024;
        return format_suffixed(q, value, exponent > 0 ? suffix_name(FORMAT_BINARY, exponent) : "");
}

static char *format_decimal(const Quantity *q) {
        uint64_t digits;
        int exponent;

        if (!decimal_form(q, &digits, &exponent))
                return NULL;
        if (q->format == FORMAT_DECIMAL || exponent == 0) {
                const char *suffix = suffix_name(FORMAT_DECIMAL, exponent);
                return suffix ? format_suffixed(q, digits, suffix) : NULL;
        }
        _cleanup_free_ char *suffix = xasprintf("e%d", exponent);
        return suffix ? format_suffixed(q, digits, suffix) : NULL;
}

int quantity_canonical(const char *s, char **ret, Diag *diag) {
        char *canonical = NULL;
        Quantity q;

        if (!parse(s, &q))
                return refuse(s, diag);
        if (q.digits == 0 && !q.inexact)
                canonical = strdup("0");
        else if (!q.inexact)
                canonical = q.format == FORMAT_BINARY ? format_binary(&q) : format_decimal(&q);
        if (!canonical)
                canonical = strdup(s);
        if (!canonical)
                return -ENOMEM;
        *ret = canonical;
        return 0;
}
