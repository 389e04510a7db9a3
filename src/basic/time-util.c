/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/string-util.h"
#include "basic/time-util.h"

#define SEC 1ULL
#define MINUTE (60 * SEC)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define WEEK (7 * DAY)
#define MONTH (30 * DAY)
#define YEAR (12 * MONTH)

usec_t now_usec(clockid_t clock) {
        struct timespec ts;

        return clock_gettime(clock, &ts) < 0 ? 0 : timespec_to_usec(&ts);
}

usec_t timespec_to_usec(const struct timespec *ts) {
        if (ts->tv_sec < 0 || (uint64_t) ts->tv_sec > (USEC_INFINITY - USEC_PER_SEC) / USEC_PER_SEC)
                return ts->tv_sec < 0 ? 0 : USEC_INFINITY;
        return (usec_t) ts->tv_sec * USEC_PER_SEC + (usec_t) ts->tv_nsec / 1000;
}

/* ".5", or nothing for 0: value is a fraction of that many decimal digits. */
static int append_fraction(StringBuf *b, uint64_t value, int digits) {
        if (value == 0)
                return 0;

        while (value % 10 == 0) {
                value /= 10;
                digits--;
        }
        return string_buf_printf(b, ".%0*llu", digits, (unsigned long long) value);
}

/* "2006-01-02 15:04:05", with that separator in the middle. */
static int append_date_time(StringBuf *b, const struct tm *tm, char separator) {
        return string_buf_printf(b, "%04d-%02d-%02d%c%02d:%02d:%02d", tm->tm_year + 1900, tm->tm_mon + 1,
                                 tm->tm_mday, separator, tm->tm_hour, tm->tm_min, tm->tm_sec);
}

/* "+0100", with that separator in the middle. */
static int append_offset(StringBuf *b, const struct tm *tm, const char *separator) {
        long minutes = tm->tm_gmtoff / 60, absolute = minutes < 0 ? -minutes : minutes;

        return string_buf_printf(b, "%c%02ld%s%02ld", minutes < 0 ? '-' : '+', absolute / 60, separator,
                                 absolute % 60);
}

static int local_time(usec_t t, struct tm *ret) {
        time_t seconds = (time_t) (t / USEC_PER_SEC);

        return localtime_r(&seconds, ret) ? 0 : -ERANGE;
}

char *format_timestamp(usec_t t) {
        _cleanup_(string_buf_done) StringBuf b = {};
        struct tm tm;

        int r = local_time(t, &tm);
        if (r >= 0)
                r = append_date_time(&b, &tm, ' ');
        if (r >= 0)
                r = append_fraction(&b, t % USEC_PER_SEC / USEC_PER_MSEC, 3);
        if (r >= 0)
                r = string_buf_append(&b, " ");
        if (r >= 0)
                r = append_offset(&b, &tm, "");
        if (r >= 0)
                r = string_buf_printf(&b, " %s", tm.tm_zone);
        return r < 0 ? NULL : string_buf_take(&b);
}

char *format_timestamp_rfc3339(usec_t t) {
        _cleanup_(string_buf_done) StringBuf b = {};
        struct tm tm;

        int r = local_time(t, &tm);
        if (r >= 0)
                r = append_date_time(&b, &tm, 'T');
        if (r >= 0)
                r = append_fraction(&b, t % USEC_PER_SEC, 6);
        if (r >= 0)
                r = tm.tm_gmtoff == 0 ? string_buf_append(&b, "Z") : append_offset(&b, &tm, ":");
        return r < 0 ? NULL : string_buf_take(&b);
}

char *format_ago(usec_t t, usec_t now) {
        static const struct {
                uint64_t below; /* seconds */
                const char *one; /* the whole text, if there is no number in it */
                const char *unit;
                uint64_t unit_seconds;
        } scales[] = {
                { SEC,        "now",          NULL,      0      },
                { 2 * SEC,    "1 second",     NULL,      0      },
                { MINUTE,     NULL,           "seconds", SEC    },
                { 2 * MINUTE, "1 minute",     NULL,      0      },
                { HOUR,       NULL,           "minutes", MINUTE },
                { 2 * HOUR,   "1 hour",       NULL,      0      },
                { DAY,        NULL,           "hours",   HOUR   },
                { 2 * DAY,    "1 day",        NULL,      0      },
                { WEEK,       NULL,           "days",    DAY    },
                { 2 * WEEK,   "1 week",       NULL,      0      },
                { MONTH,      NULL,           "weeks",   WEEK   },
                { 2 * MONTH,  "1 month",      NULL,      0      },
                { YEAR,       NULL,           "months",  MONTH  },
                { 18 * MONTH, "1 year",       NULL,      0      },
                { 2 * YEAR,   "2 years",      NULL,      0      },
                { 37 * YEAR,  NULL,           "years",   YEAR   },
                { UINT64_MAX, "a long while", NULL,      0      },
        };
        uint64_t seconds = (now > t ? now - t : t - now) / USEC_PER_SEC;
        const char *direction = t > now ? "from now" : "ago";

        size_t i = 0;
        while (seconds >= scales[i].below)
                i++;
        if (i == 0)
                return strdup(scales[i].one);
        if (scales[i].one)
                return xasprintf("%s %s", scales[i].one, direction);
        unsigned long long n = seconds / scales[i].unit_seconds;
        return xasprintf("%llu %s %s", n, scales[i].unit, direction);
}

/* "1h2m3.5s"; units of zero on the left are left out. */
static int append_hours_minutes_seconds(StringBuf *b, uint64_t usec) {
        unsigned long long seconds = usec / USEC_PER_SEC, minutes = seconds / 60, hours = minutes / 60;

        int r = 0;
        if (hours > 0)
                r = string_buf_printf(b, "%lluh", hours);
        if (r >= 0 && minutes > 0)
                r = string_buf_printf(b, "%llum", minutes % 60);
        if (r >= 0)
                r = string_buf_printf(b, "%llu", seconds % 60);
        if (r >= 0)
                r = append_fraction(b, usec % USEC_PER_SEC, 6);
        if (r >= 0)
                r = string_buf_append(b, "s");
        return r;
}

static int append_milliseconds(StringBuf *b, uint64_t usec) {
        int r = string_buf_printf(b, "%llu", (unsigned long long) (usec / USEC_PER_MSEC));
        if (r >= 0)
                r = append_fraction(b, usec % USEC_PER_MSEC, 3);
        if (r >= 0)
                r = string_buf_append(b, "ms");
        return r;
}

char *format_go_duration(int64_t usec) {
        _cleanup_(string_buf_done) StringBuf b = {};
        uint64_t u = usec < 0 ? -(uint64_t) usec : (uint64_t) usec;

        int r = string_buf_append(&b, usec < 0 ? "-" : "");
        if (r >= 0 && (u == 0 || u >= USEC_PER_SEC))
                r = append_hours_minutes_seconds(&b, u);
        else if (r >= 0 && u >= USEC_PER_MSEC)
                r = append_milliseconds(&b, u);
        else if (r >= 0)
                r = string_buf_printf(&b, "%lluµs", (unsigned long long) u);
        return r < 0 ? NULL : string_buf_take(&b);
}

char *format_iec(uint64_t bytes) {
        static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };

        if (bytes < 1024)
                return xasprintf("%lluB", (unsigned long long) bytes);

        size_t i = 0;
        double value = (double) bytes;
        for (; value >= 1024 && i + 1 < ELEMENTSOF(units); i++)
                value /= 1024;
        return xasprintf(value < 10 ? "%.1f%s" : "%.0f%s", value, units[i]);
}
