/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/parse-util.h"
#include "basic/test.h"

#define FAILS(function, expected, ...)                                           \
        do {                                                                     \
                static const char *const _texts[] = { __VA_ARGS__ };             \
                for (size_t _i = 0; _i < ELEMENTSOF(_texts); _i++) {             \
                        int _r = function(_texts[_i], &value);                   \
                        if (_r != (expected))                                    \
                                test_fail(__FILE__, __LINE__, "%s: %d", _texts[_i], _r); \
                }                                                                \
        } while (false)

TEST(u64) {
        uint64_t value = 7;

        CHECK(parse_u64("0", &value) == 0 && value == 0);
        CHECK(parse_u64("007", &value) == 0 && value == 7);
        CHECK(parse_u64("18446744073709551615", &value) == 0 && value == UINT64_MAX);
        FAILS(parse_u64, -ERANGE, "18446744073709551616", "99999999999999999999999999");
        FAILS(parse_u64, -EINVAL, "", " 1", "1 ", "+1", "-1", "0x1", "1a", "99999999999999999999x");
        CHECK_INT(parse_u64(NULL, &value), -EINVAL);
        CHECK(value == UINT64_MAX);
}

TEST(u32) {
        uint32_t value;

        CHECK(parse_u32("4294967295", &value) == 0 && value == UINT32_MAX);
        FAILS(parse_u32, -ERANGE, "4294967296", "18446744073709551616");
        FAILS(parse_u32, -EINVAL, "-1", "");
}

TEST(i64) {
        int64_t value;

        CHECK(parse_i64("-9223372036854775808", &value) == 0 && value == INT64_MIN);
        CHECK(parse_i64("9223372036854775807", &value) == 0 && value == INT64_MAX);
        CHECK(parse_i64("-0", &value) == 0 && value == 0);
        FAILS(parse_i64, -ERANGE, "9223372036854775808", "-9223372036854775809");
        FAILS(parse_i64, -EINVAL, "-", "--1", "+1", "");
}

TEST(uid) {
        uid_t value;

        CHECK(parse_uid("0", &value) == 0 && value == 0);
        CHECK(parse_uid("4294967294", &value) == 0 && value == 4294967294U);
        FAILS(parse_uid, -ERANGE, "4294967295", "4294967296");
        FAILS(parse_uid, -EINVAL, "root", "-1");
}

TEST(mode) {
        mode_t value;

        CHECK(parse_mode("0755", &value) == 0 && value == 0755);
        CHECK(parse_mode("7777", &value) == 0 && value == 07777);
        FAILS(parse_mode, -ERANGE, "10000");
        FAILS(parse_mode, -EINVAL, "8", "0o7", "u+x", "");
}

TEST(boolean) {
        static const char *const yes[] = { "1", "true", "YES", "on", "t", "T", "y" };
        static const char *const no[] = { "0", "False", "no", "OFF", "f", "n" };

        for (size_t i = 0; i < ELEMENTSOF(yes); i++)
                CHECK_INT(parse_boolean(yes[i]), 1);
        for (size_t i = 0; i < ELEMENTSOF(no); i++)
                CHECK_INT(parse_boolean(no[i]), 0);
        CHECK_INT(parse_boolean(""), -EINVAL);
        CHECK_INT(parse_boolean("2"), -EINVAL);
        CHECK_INT(parse_boolean(NULL), -EINVAL);
}

TEST(sec) {
        static const struct {
                const char *text;
                uint64_t usec;
        } cases[] = {
                { "5", 5000000 },
                { "5s", 5000000 },
                { " 1min 30s ", 90000000 },
                { "1min30", 90000000 },
                { "1.5", 1500000 },
                { ".5h", 1800000000 },
                { "100ms", 100000 },
                { "3 us", 3 },
                { "2µs", 2 },
                { "1month", 2629800000000 },
                { "1M", 2629800000000 },
                { "1m", 60000000 },
                { "0", 0 },
                { "0.0000004999999999999999999999s", 0 },
                { "infinity", UINT64_MAX },
        };
        uint64_t value;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                CHECK_INT(parse_sec(cases[i].text, &value), 0);
                CHECK_INT(value, cases[i].usec);
        }
        FAILS(parse_sec, -EINVAL, "", "  ", "s", "-1", "+1", "1 x", "1sx", ".", "1..5", "5 infinity");
        FAILS(parse_sec, -ERANGE, "18446744073709551616", "600000y", "18446744073709551615y");
}

TEST(go_duration) {
        static const struct {
                const char *text;
                int64_t usec;
        } cases[] = {
                { "0", 0 },
                { "-0", 0 },
                { "30m0s", 1800000000 },
                { "1h15m30.918s", 4530918000 },
                { "-1.5h", -5400000000 },
                { "+5s", 5000000 },
                { "1.s", 1000000 },
                { ".5s", 500000 },
                { "1500ns", 1 },
                { "3µs", 3 },
                { "9223372036854775807ns", 9223372036854775 },
        };
        int64_t value;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                CHECK_INT(parse_go_duration(cases[i].text, &value), 0);
                CHECK_INT(value, cases[i].usec);
        }
        FAILS(parse_go_duration, -EINVAL, "", "-", "5", "1h5", "1 h", "1d", " 1s", "1s ", "--1s", ".s");
        FAILS(parse_go_duration, -ERANGE, "9223372036854775808ns", "2562048h", "99999999999999999999h");
}

TEST(size) {
        static const struct {
                const char *text;
                uint64_t bytes;
        } cases[] = {
                { "0", 0 }, { "512", 512 }, { "1K", 1024 }, { "25M", 26214400 }, { "1.5G", 1610612736 },
                { "2T", 2199023255552 }, { "7B", 7 }, { "15.5E", 17870283321406128128ULL },
        };
        uint64_t value;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                CHECK_INT(parse_size(cases[i].text, &value), 0);
                CHECK_INT(value, cases[i].bytes);
        }
        FAILS(parse_size, -EINVAL, "", "M", "1k", "1MB", "-1", "1Ki");
        FAILS(parse_size, -ERANGE, "16E", "18446744073709551616");
}

TEST(hex_digits) {
        CHECK_INT(parse_hex_digit('0'), 0);
        CHECK_INT(parse_hex_digit('9'), 9);
        CHECK_INT(parse_hex_digit('a'), 10);
        CHECK_INT(parse_hex_digit('F'), 15);
        for (int c = -128; c < 128; c++)
                CHECK((parse_hex_digit((char) c) >= 0) == (c > 0 && strchr("0123456789abcdefABCDEF", c)));
}

DEFINE_TEST_MAIN()
