/* SPDX-License-Identifier: Apache-2.0 */

#include <stdarg.h>

#include "basic/table.h"
#include "basic/test.h"

static void check_table(size_t columns, bool aligned, const char *expected, ...) {
        _cleanup_(table_freep) Table *t = NULL;
        _cleanup_free_ char *text = NULL;
        va_list ap;

        CHECK_INT(table_new(columns, &t), 0);
        va_start(ap, expected);
        for (const char *cell; (cell = va_arg(ap, const char *));)
                CHECK_INT(table_add(t, streq(cell, "-") ? NULL : cell), 0);
        va_end(ap);
        CHECK_INT(table_format(t, aligned, &text), 0);
        CHECK_STR(text, expected);
}

TEST(as_rkt_list) {
        check_table(4, true,
                    "UUID\t\tAPP\tIMAGE NAME\t\tSTATE\n"
                    "5bc080ca\tredis\tredis\t\t\trunning\n"
                    "\t\tetcd\tcoreos.com/etcd:v2.0.9\t\n"
                    "3089337c\tnginx\tnginx\t\t\texited\n",
                    "UUID", "APP", "IMAGE NAME", "STATE", "5bc080ca", "redis", "redis", "running", "-",
                    "etcd",
                    "coreos.com/etcd:v2.0.9", "-", "3089337c", "nginx", "nginx", "exited", NULL);
}

TEST(widths) {
        /* A cell of seven fits its tab stop, one of eight needs the next. */
        check_table(2, true, "1234567\tx\n1\tx\n", "1234567", "x", "1", "x", NULL);
        check_table(2, true, "12345678\tx\n1\t\tx\n", "12345678", "x", "1", "x", NULL);
        check_table(2, true, "ééééééé\tx\n1\tx\n", "ééééééé", "x", "1", "x", NULL);
        check_table(3, true, "a\t\tb\n", "a", "-", "b", NULL);
        check_table(1, true, "a\nlonger than any\n", "a", "longer than any", NULL);
        check_table(2, true, "", NULL);
}

TEST(plain) {
        check_table(3, false, "12345678\tx\t\na\tb\tc\n", "12345678", "x", "-", "a", "b", "c", NULL);
}

TEST(short_last_row) {
        check_table(3, true, "a\t\t\n", "a", NULL);
}

TEST(escaped) {
        check_table(2, true, "a\\x09b\\x1b\tx\n", "a\tb\x1b", "x", NULL);
}

DEFINE_TEST_MAIN()
