/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/test.h"
#include "basic/time-util.h"

static void set_zone(const char *zone) {
        CHECK(setenv("TZ", zone, 1) >= 0);
        tzset();
}

static void check(char *text, const char *expected) {
        CHECK_STR(text, expected);
        free(text);
}

TEST(clock) {
        CHECK(now_usec(CLOCK_MONOTONIC) > 0);
        CHECK(now_usec(CLOCK_REALTIME) > 1500000000 * USEC_PER_SEC);
        CHECK_INT(timespec_to_usec(&(struct timespec) { 2, 3999 }), 2000003);
        CHECK_INT(timespec_to_usec(&(struct timespec) { -1, 0 }), 0);
        CHECK(timespec_to_usec(&(struct timespec) { INT64_MAX, 0 }) == USEC_INFINITY);
}

TEST(timestamp) {
        set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
        check(format_timestamp(1453740152563000), "2016-01-25 17:42:32.563 +0100 CET");
        check(format_timestamp(1453740152500000), "2016-01-25 17:42:32.5 +0100 CET");
        check(format_timestamp(1453740152000999), "2016-01-25 17:42:32 +0100 CET");
        check(format_timestamp(1468000000050000), "2016-07-08 19:46:40.05 +0200 CEST");
        set_zone("UTC0");
        check(format_timestamp(0), "1970-01-01 00:00:00 +0000 UTC");
        set_zone("<-0330>3:30");
        check(format_timestamp(0), "1969-12-31 20:30:00 -0330 -0330");
}

TEST(rfc3339) {
        set_zone("UTC0");
        check(format_timestamp_rfc3339(1453740152563010), "2016-01-25T16:42:32.56301Z");
        check(format_timestamp_rfc3339(1453740152000000), "2016-01-25T16:42:32Z");
        set_zone("<-0330>3:30");
        check(format_timestamp_rfc3339(0), "1969-12-31T20:30:00-03:30");
        set_zone("IST-5:30");
        check(format_timestamp_rfc3339(0), "1970-01-01T05:30:00+05:30");
}

TEST(ago) {
        static const struct {
                uint64_t seconds;
                const char *text;
        } cases[] = {
                { 0, "now" },
                { 1, "1 second ago" },
                { 2, "2 seconds ago" },
                { 41, "41 seconds ago" },
                { 60, "1 minute ago" },
                { 119, "1 minute ago" },
                { 120, "2 minutes ago" },
                { 3599, "59 minutes ago" },
                { 3600, "1 hour ago" },
                { 7200, "2 hours ago" },
                { 86400, "1 day ago" },
                { 6 * 86400, "6 days ago" },
                { 7 * 86400, "1 week ago" },
                { 29 * 86400, "4 weeks ago" },
                { 30 * 86400, "1 month ago" },
                { 61 * 86400, "2 months ago" },
                { 360 * 86400, "1 year ago" },
                { 540 * 86400, "2 years ago" },
                { 1081 * 86400, "3 years ago" },
                { 37ULL * 360 * 86400, "a long while ago" },
        };
        usec_t now = 2000000000 * USEC_PER_SEC;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                check(format_ago(now - cases[i].seconds * USEC_PER_SEC, now), cases[i].text);
        check(format_ago(now + 90 * USEC_PER_SEC, now), "1 minute from now");
        check(format_ago(USEC_INFINITY, 0), "a long while from now");
}

TEST(go_duration) {
        static const struct {
                int64_t usec;
                const char *text;
        } cases[] = {
                { 0, "0s" },
                { 1, "1µs" },
                { 1500, "1.5ms" },
                { 999999, "999.999ms" },
                { 1500000, "1.5s" },
                { 60000000, "1m0s" },
                { 86400000000, "24h0m0s" },
                { 5400000001, "1h30m0.000001s" },
                { -90000000, "-1m30s" },
                { INT64_MIN, "-2562047788h0m54.775808s" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                check(format_go_duration(cases[i].usec), cases[i].text);
}

TEST(iec) {
        check(format_iec(0), "0B");
        check(format_iec(1023), "1023B");
        check(format_iec(1024), "1.0KiB");
        check(format_iec(1536 * 1024), "1.5MiB");
        check(format_iec(12 * 1024 * 1024 + 1), "12MiB");
        check(format_iec(143ULL << 20), "143MiB");
        check(format_iec(UINT64_MAX), "16EiB");
}

DEFINE_TEST_MAIN()
