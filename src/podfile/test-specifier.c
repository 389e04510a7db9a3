/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/test.h"
#include "podfile/specifier.h"

static void check(const char *s, const char *pod, const char *expected) {
        _cleanup_free_ char *t = NULL;

        CHECK_INT(specifier_expand(s, pod, &t, NULL), 0);
        CHECK_STR(t, expected);
}

static void check_bad(const char *s, const char *pod, const char *message) {
        _cleanup_diag_ Diag d = {};
        char *t;

        CHECK_INT(specifier_expand(s, pod, &t, &d), -EINVAL);
        CHECK_STR(d.message, message);
}

TEST(expand) {
        check("", "web", "");
        check("plain", "web", "plain");
        check("%%", "web", "%");
        check("%%i", "web@1", "%i");
        check("a%ib%pc", "web@1", "a1bwebc");
        check("%p", "web", "web");
        check("%n", "web@1", "pod@web@1.service");
        check("%N", "web", "pod@web");
        check("%i", "web@a@b", "a@b");
        check("%I/%i", "web@a-b", "a/b/a-b");
        check("-%I", "web@a-b", "-a/b");
}

TEST(refuse) {
        check_bad("%i", "web", "\"%i\" has no value: this is no instance of a template");
        check_bad("%I", "web", "\"%I\" has no value: this is no instance of a template");
        check_bad("%H", "web", "unknown specifier \"%H\"; write \"%%\" for a percent sign");
        check_bad("50%", "web", "\"%\" at the end: write \"%%\" for a percent sign");
        check_bad("% a", "web", "unknown specifier; write \"%%\" for a percent sign");
        check_bad("%\n", "web", "unknown specifier; write \"%%\" for a percent sign");
}

static void check_verbatim(const char *s, const char *pod, const char *expected) {
        _cleanup_free_ char *t = NULL;

        CHECK_INT(specifier_expand_instance(s, pod, &t), 0);
        CHECK_STR(t, expected);
}

TEST(verbatim) {
        check_verbatim("", "web@1", "");
        check_verbatim("%i %I %p %n %% %%i %", "web", "%i %I %p %n %% %%i %");
        check_verbatim("%i %I %p %n %% %%i %", "web@a-1", "a-1 a/1 %p %n %% %%i %");
        check_verbatim("%%%i", "web@1", "%%1");
}

DEFINE_TEST_MAIN()
