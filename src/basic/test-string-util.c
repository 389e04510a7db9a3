/* SPDX-License-Identifier: Apache-2.0 */

#include <stdint.h>

#include "basic/test.h"

TEST(startswith_endswith) {
        CHECK_STR(startswith("sha512-abc", "sha512-"), "abc");
        CHECK_STR(startswith("abc", ""), "abc");
        CHECK(!startswith("ab", "abc"));
        CHECK_STR(endswith("web.pod", ".pod"), ".pod");
        CHECK_STR(endswith("web", ""), "");
        CHECK(!endswith("pod", ".pod"));
}

TEST(strjoin) {
        _cleanup_free_ char *a = strjoin("a", "", "bc", NULL), *b = strjoin(NULL, NULL);
        CHECK_STR(a, "abc");
        CHECK_STR(b, "");
}

TEST(strstrip) {
        char a[] = " \t a b \n", b[] = "   ", c[] = "";
        CHECK_STR(strstrip(a), "a b");
        CHECK_STR(strstrip(b), "");
        CHECK_STR(strstrip(c), "");
}

TEST(utf8_is_valid) {
        static const char *const good[] = {
                "", "a\n", "é", "€", "\U0001f600", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf",
        };
        static const char *const bad[] = {
                "\x80",             /* lone continuation */
                "\xc0\x80",         /* overlong NUL */
                "\xc1\xbf",         /* overlong */
                "\xe0\x9f\xbf",     /* overlong */
                "\xf0\x8f\xbf\xbf", /* overlong */
                "\xed\xa0\x80",     /* surrogate */
                "\xf4\x90\x80\x80", /* over U+10FFFF */
                "\xf5\x80\x80\x80", "\xff", "\xe2\x82", "\xe2\x82x", "a\xc3",
        };

        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                CHECK(utf8_is_valid(good[i], strlen(good[i])));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                CHECK(!utf8_is_valid(bad[i], strlen(bad[i])));
        CHECK(!utf8_is_valid("a\0b", 3));
        CHECK(!utf8_is_valid("€", 2));
}

static void check_escape(const char *s, const char *expected) {
        _cleanup_free_ char *once = string_escape(s), *twice = string_escape(once);
        CHECK_STR(once, expected);
        CHECK_STR(twice, expected);
}

TEST(string_escape) {
        check_escape("", "");
        check_escape("plain \\ text é€", "plain \\ text é€");
        check_escape("\x1b[31mred\a", "\\x1b[31mred\\x07");
        check_escape("a\nb\x7f", "a\\x0ab\\x7f");
        check_escape("\xff\xc3", "\\xff\\xc3");
        check_escape("\xc2\x9b""1m", "\\xc2\\x9b1m");
        check_escape("\u202etxt", "\\xe2\\x80\\xaetxt");
}

TEST(string_distance) {
        CHECK_INT(string_distance("", ""), 0);
        CHECK_INT(string_distance("abc", ""), 3);
        CHECK_INT(string_distance("kitten", "sitting"), 3);
        CHECK_INT(string_distance("volume", "volumes"), 1);
        CHECK_INT(string_distance("Exce", "Exec"), 1);
        CHECK_INT(string_distance("ba", "ab"), 1);

        char longer[66];
        memset(longer, 'a', 65);
        longer[65] = '\0';
        CHECK(string_distance(longer, "a") == SIZE_MAX);
        CHECK_INT(string_distance(longer + 1, "a"), 63);
}

TEST(string_buf) {
        _cleanup_(string_buf_done) StringBuf b = {};

        CHECK_INT(string_buf_printf(&b, "%s-%d", "a", 7), 0);
        CHECK_INT(string_buf_append(&b, ""), 0);
        CHECK_INT(string_buf_append_n(&b, "x\0y", 3), 0);
        CHECK_INT(b.size, 6);
        CHECK(memcmp(b.data, "a-7x\0y", 7) == 0);

        for (size_t i = 0; i < 1000; i++)
                CHECK_INT(string_buf_append(&b, "0123456789"), 0);
        CHECK_INT(b.size, 10006);
        CHECK_INT(string_buf_append_n(&b, "", SIZE_MAX / 2), -ENOMEM);
        CHECK_INT(b.size, 10006);

        _cleanup_free_ char *taken = string_buf_take(&b), *empty = string_buf_take(&b);
        CHECK(startswith(taken, "a-7x"));
        CHECK_STR(empty, "");
        CHECK(!b.data);
}

DEFINE_TEST_MAIN()
