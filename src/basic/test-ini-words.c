/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/ini.h"
#include "basic/strv.h"
#include "basic/test.h"

TEST(words) {
        static const char *const cases[][2] = {
                { "", "" },
                { " \t ", "" },
                { "a", "a" },
                { "  a  b\tc ", "a|b|c" },
                { "\"a b\" 'c d'", "a b|c d" },
                { "\"\" x ''", "|x|" },
                { "\"it's\" 'say \"x\"'", "it's|say \"x\"" },
                { "A=\"b c\" d", "A=b c|d" },
                { "a\\ b\\sc", NULL },
                { "a\\sb", "a b" },
                { "\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\\'", "\a\b\f\n\r\t\v\\\"'" },
                { "\\x41\\101\\u00e9\\U0001f600", "AAé\U0001f600" },
                { "\"\\x20\" '\\x20'", " | " },
                { "\\xff", "\xff" },
                { "é", "é" },
                { "%% $x # ;", "%%|$x|#|;" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_strv_free_ char **words = NULL;
                int r = ini_split_words(cases[i][0], &words, NULL);
                _cleanup_free_ char *joined = strv_join(words, "|");

                CHECK_INT(r, cases[i][1] ? 0 : -EINVAL);
                if (cases[i][1])
                        CHECK_STR(joined, cases[i][1]);
        }
}

TEST(malformed) {
        static const char *const cases[][2] = {
                { "\"a", "missing closing quote \"" },
                { "a 'b c", "missing closing quote '" },
                { "a\\", "backslash at the end" },
                { "\\q", "invalid escape sequence \"\\q\"" },
                { "\\x4", "invalid escape sequence \"\\x\"" },
                { "\\x00", "invalid escape sequence \"\\x\"" },
                { "\\000", "invalid escape sequence \"\\0\"" },
                { "\\777", "invalid escape sequence \"\\7\"" },
                { "\\ud800", "invalid escape sequence \"\\u\"" },
                { "\\U00110000", "invalid escape sequence \"\\U\"" },
                { "\\u12", "invalid escape sequence \"\\u\"" },
                { "\\\xc3", "invalid escape sequence \"\\\\xc3\"" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_strv_free_ char **words = NULL;
                _cleanup_diag_ Diag diag = {};

                CHECK_INT(ini_split_words(cases[i][0], &words, &diag), -EINVAL);
                CHECK_STR(diag.message, cases[i][1]);
                CHECK(!words && !diag.file);
        }
}

DEFINE_TEST_MAIN()
