/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/ini.h"
#include "basic/test.h"

static int write_event(const IniEvent *e, void *userdata, Diag *diag) {
        StringBuf *b = userdata;

        if (e->key && streq(e->key, "Stop"))
                return diag_set(diag, -ECANCELED, "stopped");
        if (e->key)
                return string_buf_printf(b, "%u:%u:%u [%s#%u] <%s>=<%s>\n", e->line, e->key_column,
                                         e->value_column, e->section, e->section_id, e->key, e->value);
        return string_buf_printf(b, "%u:%u [%s#%u]\n", e->line, e->key_column, e->section, e->section_id);
}

static void check_events(const char *text, const char *expected) {
        _cleanup_(string_buf_done) StringBuf b = {};
        _cleanup_diag_ Diag diag = {};

        int r = ini_parse("f", text, strlen(text), write_event, &b, &diag);
        if (r < 0)
                test_fail(__FILE__, __LINE__, "%s: %d %s", text, r, strempty(diag.message));
        CHECK_STR(strempty(b.data), expected);
}

static void check_failure(const char *text, size_t size, int error, const char *expected) {
        _cleanup_(string_buf_done) StringBuf b = {};
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(ini_parse("f", text, size, write_event, &b, &diag), error);
        _cleanup_free_ char *message = diag_format(&diag, NULL);
        CHECK_STR(message, expected);
}

TEST(sections_and_assignments) {
        check_events("", "");
        check_events("\n \n# c\n  ; c\n", "");
        check_events("[A]\nk=v\n  Key  =  some value  \nempty=\n[B]\n[A]\r\nk=\"v\"\r\n",
                     "1:1 [A#1]\n"
                     "2:1:3 [A#1] <k>=<v>\n"
                     "3:3:11 [A#1] <Key>=<some value>\n"
                     "4:1:7 [A#1] <empty>=<>\n"
                     "5:1 [B#2]\n"
                     "6:1 [A#3]\n"
                     "7:1:3 [A#3] <k>=<\"v\">\n");
        check_events("[A]\nk=a=b # no comment\nno=newline",
                     "1:1 [A#1]\n2:1:3 [A#1] <k>=<a=b # no comment>\n3:1:4 [A#1] <no>=<newline>\n");
        check_events(" [X-é y]\n", "1:2 [X-é y#1]\n");
}

TEST(continuation) {
        check_events("[A]\nk=a\\\nb \\\n# c = d\n  c\nl=1\n",
                     "1:1 [A#1]\n2:1:3 [A#1] <k>=<a b    c>\n6:1:3 [A#1] <l>=<1>\n");
        /* An even number of backslashes ends the line. */
        check_events("[A]\nk=a\\\\\nl=b\\\\\\\nc\n",
                     "1:1 [A#1]\n2:1:3 [A#1] <k>=<a\\\\>\n3:1:3 [A#1] <l>=<b\\\\ c>\n");
        check_events("[A]\nk=a\\\n\nl=b\n", "1:1 [A#1]\n2:1:3 [A#1] <k>=<a>\n4:1:3 [A#1] <l>=<b>\n");
        check_events("[A]\nk=\\\n  v\n", "1:1 [A#1]\n2:1:0 [A#1] <k>=<v>\n");
        check_events("[A]\nk=a\\", "1:1 [A#1]\n2:1:3 [A#1] <k>=<a>\n");
        check_events("[A]\nk=a\\\r\nb\r\n", "1:1 [A#1]\n2:1:3 [A#1] <k>=<a b>\n");
        check_events("[A]\n# comment \\\nk=v\n", "1:1 [A#1]\n3:1:3 [A#1] <k>=<v>\n");
}

TEST(malformed) {
        static const char *const cases[][2] = {
                { "k=v\n", "f:1:1: text outside of a section" },
                { "\n junk\n", "f:2:2: text outside of a section" },
                { "[A]\n  junk\n", "f:2:3: missing \"=\"" },
                { "[A]\n =v\n", "f:2:2: missing key before \"=\"" },
                { "[A\n", "f:1:1: section header without \"]\"" },
                { "[A] # c\n", "f:1:4: text after the section header" },
                { "[]\n", "f:1:1: invalid section header" },
                { "[A[b]\n", "f:1:1: invalid section header" },
                { "\xef\xbb\xbf[A]\n", "f:1:1: byte order mark" },
                { "[A]\nk=a\xff\n", "f:2:4: invalid UTF-8" },
                { "[A]\n#\xc3\n", "f:2:2: invalid UTF-8" },
                { "[A]\nStop=1\nk", "stopped" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                check_failure(cases[i][0], strlen(cases[i][0]),
                              streq(cases[i][1], "stopped") ? -ECANCELED : -EBADMSG, cases[i][1]);
        check_failure("[A]\nk=a\0b\n", 10, -EBADMSG, "f:2:4: NUL byte");
}

TEST(limits) {
        _cleanup_(string_buf_done) StringBuf b = {}, events = {};

        CHECK_INT(string_buf_append(&b, "[A]\nk="), 0);
        for (size_t i = 2; i < INI_LINE_MAX; i++)
                CHECK_INT(string_buf_append(&b, "v"), 0);
        CHECK_INT(ini_parse("f", b.data, b.size, write_event, &events, NULL), 0);
        CHECK_INT(string_buf_append(&b, "v"), 0);
        check_failure(b.data, b.size, -EBADMSG, "f:2: line longer than 1048576 bytes");

        /* Joined lines count as one. */
        b.data[b.size / 2] = '\\';
        b.data[b.size / 2 + 1] = '\n';
        CHECK_INT(string_buf_append(&b, "vv"), 0);
        check_failure(b.data, b.size, -EBADMSG, "f:3: line longer than 1048576 bytes");

        _cleanup_free_ char *large = calloc(1, INI_FILE_MAX + 1);
        check_failure(large, INI_FILE_MAX + 1, -EFBIG, "f: larger than 4194304 bytes");
}

DEFINE_TEST_MAIN()
