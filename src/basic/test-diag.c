/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/diag.h"
#include "basic/strv.h"
#include "basic/test.h"

static void check_diag(const Diag *d, const char *prefix, const char *expected, const char *expected_line) {
        _cleanup_free_ char *text = diag_format(d, prefix), *line = diag_format_line(d);
        CHECK_STR(text, expected);
        CHECK_STR(line, expected_line);
}

TEST(null_passes_the_error_through) {
        CHECK_INT(diag_set(NULL, -ENOENT, "x"), -ENOENT);
        CHECK_INT(diag_set_at(NULL, -EBADMSG, "f", 1, 1, "x"), -EBADMSG);
        CHECK_INT(diag_wrap(NULL, -EIO, "x"), -EIO);
        CHECK_INT(diag_hint(NULL, -EIO, "x"), -EIO);
        CHECK_INT(diag_errno(NULL, -EIO, "x"), -EIO);
        CHECK(!diag_is_set(NULL));
}

TEST(set_and_wrap) {
        _cleanup_diag_ Diag d = {};

        CHECK(!diag_is_set(&d));
        CHECK_INT(diag_set(&d, -ENOENT, "no image \"%s\"", "a"), -ENOENT);
        CHECK(diag_is_set(&d));
        check_diag(&d, NULL, "no image \"a\"", "no image \"a\"");
        CHECK_INT(diag_wrap(&d, -EIO, "cannot prepare pod"), -EIO);
        CHECK_INT(diag_wrap(&d, -EIO, "cannot start"), -EIO);
        CHECK_INT(diag_hint(&d, -EIO, "Run rkt fetch"), -EIO);
        CHECK_INT(d.error, -ENOENT);
        check_diag(&d, "run",
                   "run: cannot start\n  └─cannot prepare pod\n    └─no image \"a\"\nRun rkt fetch",
                   "cannot start: cannot prepare pod: no image \"a\"");

        /* A message made of the one it replaces. */
        CHECK_INT(diag_set(&d, -EPERM, "<%s>", d.message), -EPERM);
        check_diag(&d, NULL, "<cannot start>", "<cannot start>");
        CHECK(!d.hint && !d.causes);
}

TEST(position) {
        _cleanup_diag_ Diag d = {};

        CHECK_INT(diag_set_at(&d, -EBADMSG, "web.pod", 3, 7, "unknown key"), -EBADMSG);
        check_diag(&d, NULL, "web.pod:3:7: unknown key", "web.pod:3: unknown key");
        CHECK_INT(diag_wrap(&d, -EBADMSG, "cannot load pod"), -EBADMSG);
        check_diag(&d, NULL, "cannot load pod\n  └─web.pod:3:7: unknown key",
                   "cannot load pod: web.pod:3:7: unknown key");

        CHECK_INT(diag_set_at(&d, -EBADMSG, "web.pod", 0, 0, "empty"), -EBADMSG);
        check_diag(&d, NULL, "web.pod: empty", "web.pod: empty");
}

TEST(errno_text) {
        _cleanup_diag_ Diag d = {};

        CHECK_INT(diag_errno(&d, -ENOENT, "cannot open \"%s\"", "x"), -ENOENT);
        check_diag(&d, NULL, "cannot open \"x\": No such file or directory",
                   "cannot open \"x\": No such file or directory");
}

TEST(wrap_of_nothing_tells_errno) {
        _cleanup_diag_ Diag d = {};

        CHECK_INT(diag_wrap(&d, -EACCES, "cannot open store"), -EACCES);
        CHECK_INT(d.error, -EACCES);
        check_diag(&d, NULL, "cannot open store\n  └─Permission denied",
                   "cannot open store: Permission denied");
}

TEST(hint_first) {
        _cleanup_diag_ Diag d = {};

        CHECK_INT(diag_hint(&d, -EACCES, "Become root"), -EACCES);
        check_diag(&d, NULL, "Permission denied\nBecome root", "Permission denied");
}

TEST(move) {
        _cleanup_diag_ Diag from = {}, to = {};

        CHECK_INT(diag_set(&to, -EIO, "old"), -EIO);
        CHECK_INT(diag_set(&from, -ENOENT, "new"), -ENOENT);
        diag_move(&to, &from);
        CHECK_STR(to.message, "new");
        CHECK_INT(to.error, -ENOENT);
        CHECK(!diag_is_set(&from));
        diag_move(NULL, &to);
        CHECK(!diag_is_set(&to));
}

DEFINE_TEST_MAIN()
