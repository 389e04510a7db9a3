/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "basic/parse-util.h"

/* Spans and sizes are "NUMBER UNIT" terms that add up. A term is computed in the smallest unit there is
 * (nanoseconds, bytes) in 128 bits, so that neither a fraction nor an overflow is lost on the way. */

#define US 1000ULL
#define MS (1000 * US)
#define S (1000 * MS)
#define FRACTION_DIGITS_MAX 18

typedef struct Unit {
        const char *name;
        uint64_t value;
} Unit;

typedef unsigned __int128 Wide;

static const Unit systemd_time_units[] = {
        { "usec", US },         { "us", US },          { "µs", US },          { "μs", US },
        { "msec", MS },         { "ms", MS },          { "seconds", S },      { "second", S },
        { "sec", S },           { "s", S },            { "minutes", 60 * S }, { "minute", 60 * S },
        { "min", 60 * S },      { "m", 60 * S },       { "hours", 3600 * S }, { "hour", 3600 * S },
        { "hr", 3600 * S },     { "h", 3600 * S },     { "days", 86400 * S }, { "day", 86400 * S },
        { "d", 86400 * S },     { "weeks", 604800 * S }, { "week", 604800 * S }, { "w", 604800 * S },
        { "months", 2629800 * S }, { "month", 2629800 * S }, { "M", 2629800 * S },
        { "years", 31557600 * S }, { "year", 31557600 * S }, { "y", 31557600 * S },
        { "", S },
        {},
};

static const Unit go_time_units[] = {
        { "ns", 1 },  { "us", US },     { "µs", US },      { "μs", US },
        { "ms", MS }, { "s", S },       { "m", 60 * S },   { "h", 3600 * S },
        {},
};

static const Unit size_units[] = {
        { "", 1 },
        { "B", 1 },
        { "K", 1ULL << 10 },
        { "M", 1ULL << 20 },
        { "G", 1ULL << 30 },
        { "T", 1ULL << 40 },
        { "P", 1ULL << 50 },
        { "E", 1ULL << 60 },
        {},
};

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static int parse_digits(const char *s, unsigned base, uint64_t max, uint64_t *ret) {
        if (!s || !*s)
                return -EINVAL;

        uint64_t value = 0;
        bool overflow = false;
        for (; *s; s++) {
                if (!is_digit(*s) || (unsigned) (*s - '0') >= base)
                        return -EINVAL;
                overflow = overflow || __builtin_mul_overflow(value, base, &value) ||
                           __builtin_add_overflow(value, (unsigned) (*s - '0'), &value) || value > max;
        }
        if (overflow)
                return -ERANGE;

        *ret = value;
        return 0;
}

int parse_hex_digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -EINVAL;
}

int parse_u64(const char *s, uint64_t *ret) {
        return parse_digits(s, 10, UINT64_MAX, ret);
}

int parse_u32(const char *s, uint32_t *ret) {
        uint64_t value;
        int r = parse_digits(s, 10, UINT32_MAX, &value);
        if (r < 0)
                return r;

        *ret = (uint32_t) value;
        return 0;
}

int parse_i64(const char *s, int64_t *ret) {
        bool negative = s && *s == '-';
        uint64_t value;
        int r = parse_digits(negative ? s + 1 : s, 10, (uint64_t) INT64_MAX + negative, &value);
        if (r < 0)
                return r;

        *ret = (int64_t) (negative ? -value : value);
        return 0;
}

int parse_uid(const char *s, uid_t *ret) {
        uint64_t value;
        int r = parse_digits(s, 10, UINT32_MAX - 1, &value);
        if (r < 0)
                return r;

        *ret = (uid_t) value;
        return 0;
}

int parse_mode(const char *s, mode_t *ret) {
        uint64_t value;
        int r = parse_digits(s, 8, 07777, &value);
        if (r < 0)
                return r;

        *ret = (mode_t) value;
        return 0;
}

int parse_boolean(const char *s) {
        static const struct {
                const char *word;
                bool value;
        } words[] = {
                { "1", true },     { "0", false },   { "true", true },  { "false", false },
                { "yes", true },   { "no", false },  { "on", true },    { "off", false },
                { "t", true },     { "f", false },   { "y", true },     { "n", false },
        };

        for (size_t i = 0; s && i < ELEMENTSOF(words); i++)
                if (strcasecmp(s, words[i].word) == 0)
                        return words[i].value;
        return -EINVAL;
}

static const Unit *unit_find(const Unit *units, const char *name, size_t n) {
        for (const Unit *u = units; u->name; u++)
                if (strncmp(u->name, name, n) == 0 && u->name[n] == '\0')
                        return u;
        return NULL;
}

/* "WHOLE[.FRACTION]"; digits of the fraction that cannot matter are checked and dropped. */
typedef struct Decimal {
        uint64_t whole, fraction, scale;
} Decimal;

static int decimal_read(const char **p, Decimal *ret) {
        Decimal d = { .scale = 1 };
        const char *s = *p;
        size_t n = 0;

        bool overflow = false;
        for (; is_digit(*s); s++, n++)
                overflow = overflow || __builtin_mul_overflow(d.whole, 10, &d.whole) ||
                           __builtin_add_overflow(d.whole, (unsigned) (*s - '0'), &d.whole);
        if (*s == '.') {
                s++;
                for (size_t i = 0; is_digit(*s); s++, n++, i++)
                        if (i < FRACTION_DIGITS_MAX) {
                                d.fraction = 10 * d.fraction + (unsigned) (*s - '0');
                                d.scale *= 10;
                        }
        }
        if (n == 0)
                return -EINVAL;

        *p = s;
        *ret = d;
        return overflow ? -ERANGE : 0;
}

static const char *skip_blanks(const char *s) {
        return s + strspn(s, " \t\n\r");
}

/* Adds up the terms. blanks: white space may stand around them. */
static int terms_parse(const char *s, const Unit *units, bool blanks, Wide *ret) {
        Wide sum = 0;
        bool overflow = false;

        if (blanks)
                s = skip_blanks(s);
        if (!*s)
                return -EINVAL;

        while (*s) {
                Decimal d;
                int r = decimal_read(&s, &d);
                if (r == -EINVAL)
                        return r;
                overflow = overflow || r == -ERANGE;
                if (blanks)
                        s = skip_blanks(s);

                size_t n = strcspn(s, "0123456789. \t\n\r");
                const Unit *u = unit_find(units, s, n);
                if (!u)
                        return -EINVAL;
                s += n;
                if (blanks)
                        s = skip_blanks(s);
                if (n == 0 && *s) /* only the last may go without unit */
                        return -EINVAL;

                sum += (Wide) d.whole * u->value + (Wide) d.fraction * u->value / d.scale;
                /* Far over any caller's range, far under what a Wide holds. */
                overflow = overflow || sum >> 100 != 0;
        }
        if (overflow)
                return -ERANGE;

        *ret = sum;
        return 0;
}

int parse_sec(const char *s, uint64_t *ret_usec) {
        Wide nsec;

        if (!s)
                return -EINVAL;
        if (strcmp(s, "infinity") == 0) {
                *ret_usec = UINT64_MAX;
                return 0;
        }

        int r = terms_parse(s, systemd_time_units, /* blanks= */ true, &nsec);
        if (r < 0)
                return r;
        if (nsec / US >= UINT64_MAX)
                return -ERANGE;

        *ret_usec = (uint64_t) (nsec / US);
        return 0;
}

int parse_go_duration(const char *s, int64_t *ret_usec) {
        if (!s)
                return -EINVAL;

        bool negative = *s == '-';
        if (*s == '-' || *s == '+')
                s++;

        Wide nsec = 0;
        int r = strcmp(s, "0") == 0 ? 0 : terms_parse(s, go_time_units, /* blanks= */ false, &nsec);
        if (r < 0)
                return r;
        /* Go counts nanoseconds in an int64. */
        if (nsec > (Wide) INT64_MAX + negative)
                return -ERANGE;

        int64_t usec = (int64_t) (nsec / US);
        *ret_usec = negative ? -usec : usec;
        return 0;
}

int parse_size(const char *s, uint64_t *ret_bytes) {
        Wide bytes;

        if (!s)
                return -EINVAL;

        int r = terms_parse(s, size_units, /* blanks= */ true, &bytes);
        if (r < 0)
                return r;
        if (bytes > UINT64_MAX)
                return -ERANGE;

        *ret_bytes = (uint64_t) bytes;
        return 0;
}
