/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/test.h"
#include "stage1/unit-escape.h"

static void check_message(const Diag *d, const char *expected) {
        _cleanup_free_ char *line = diag_format_line(d);

        CHECK_STR(line, expected);
}

TEST(words) {
        static const struct {
                const char *in, *out;
        } rows[] = {
                { "", "\"\"" },
                { "plain", "\"plain\"" },
                { "a b\tc", "\"a b\\x09c\"" },
                { "say \"hi\" \\ 'there'", "\"say \\\"hi\\\" \\\\ 'there'\"" },
                { "100%h $HOME ${X} $(id) `id`", "\"100%%h $HOME ${X} $(id) `id`\"" },
                { "x\nExecStartPre=/bin/touch /PWN", "\"x\\x0aExecStartPre=/bin/touch /PWN\"" },
                { "\r\x01\x7f", "\"\\x0d\\x01\\x7f\"" },
                { "ä\xff", "\"\\xc3\\xa4\\xff\"" },
                { ";#-@:+!|", "\";#-@:+!|\"" },
                { "end\\", "\"end\\\\\"" },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(string_buf_done) StringBuf b = {};

                CHECK_INT(unit_escape_word(&b, rows[i].in), 0);
                CHECK_STR(b.data, rows[i].out);
        }
}

TEST(exec) {
        _cleanup_(string_buf_done) StringBuf b = {};
        char *argv[] = { (char *) "/bin/%n", (char *) "$x", NULL };

        CHECK_INT(unit_write_exec(&b, "ExecStart", "", argv, NULL), 0);
        CHECK_STR(b.data, "ExecStart=\":@/bin/%%n\" \"/bin/%%n\" \"$x\"\n");
        CHECK_INT(unit_write_exec(&b, "ExecStopPost", "+", argv, NULL), 0);
        CHECK(strstr(b.data, "\nExecStopPost=\"+:@/bin/%%n\" "));
}

TEST(exec_errors) {
        static const char *const bad[] = { "", "bin/x", "-/bin/x", "/", "/bin/" };
        _cleanup_(string_buf_done) StringBuf b = {};
        _cleanup_free_ char *big = malloc(UNIT_LINE_MAX);

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                char *argv[] = { (char *) bad[i], NULL };

                CHECK_INT(unit_write_exec(&b, "ExecStart", "", argv, NULL), -EINVAL);
        }
        CHECK_INT(unit_write_exec(&b, "ExecStart", "", NULL, NULL), -EINVAL);
        CHECK(!b.data);

        CHECK(big);
        memset(big, 'x', UNIT_LINE_MAX - 1);
        big[UNIT_LINE_MAX - 1] = 0;
        _cleanup_diag_ Diag d = {};
        CHECK_INT(unit_write_exec(&b, "ExecStart", "", (char *[]) { (char *) "/x", big, NULL }, &d), -E2BIG);
        check_message(&d, "command line is too long: more than 1048576 bytes");
        CHECK(!b.data);
}

TEST(environment) {
        _cleanup_(string_buf_done) StringBuf b = {};
        _cleanup_diag_ Diag d = {};

        CHECK_INT(unit_write_environment(&b, "A=b=c\n%d", NULL), 0);
        CHECK_STR(b.data, "Environment=\"A=b=c\\x0a%%d\"\n");
        CHECK_INT(unit_write_environment(&b, "no", &d), -EINVAL);
        CHECK_INT(unit_write_environment(&b, "=x", &d), -EINVAL);
        CHECK_INT(unit_write_environment(&b, "A B=x", &d), -EINVAL);
        check_message(&d, "\"A B\" is not the name of an environment variable");
        CHECK_INT(unit_write_environment(&b, "A=\xff", &d), -EINVAL);
        check_message(&d, "value of environment variable \"A\" is not UTF-8");
        CHECK_STR(b.data, "Environment=\"A=b=c\\x0a%%d\"\n");
}

static void check_path(const char *path, bool quoted, const char *expected) {
        _cleanup_(string_buf_done) StringBuf b = {};

        CHECK_INT(unit_write_path(&b, &(UnitPath) { .key = "K", .prefix = quoted ? "-+" : NULL, .path = path,
                                                    .quoted = quoted }, NULL), 0);
        CHECK_STR(b.data, expected);
}

TEST(paths) {
        _cleanup_(string_buf_done) StringBuf b = {};
        _cleanup_diag_ Diag d = {};

        check_path("/a b/%c", true, "K=\"-+/a b/%%c\"\n");
        check_path("/a\"\\", true, "K=\"-+/a\\\"\\\\\"\n");
        check_path("/a b/%c", false, "K=/a b/%%c\n");
        check_path("/a\"\\x", false, "K=/a\"\\x\n");
        check_path("/a ", false, "K=/a /.\n");
        check_path("/a\\", false, "K=/a\\/.\n");
        CHECK_INT(unit_write_path(&b, &(UnitPath) { .key = "K", .path = "/a\nExec=" }, &d), -EINVAL);
        check_message(&d, "path \"/a\\x0aExec=\" has a control character");
}

DEFINE_TEST_MAIN()
