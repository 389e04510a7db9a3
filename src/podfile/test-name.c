/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/test.h"
#include "podfile/name.h"

TEST(pod_names) {
        static const char *const good[] = { "a", "web", "web-1", "a.b", "A1", "web@1", "web@a@b", "1" };
        static const char *const bad[] = {
                "",    "@",    "@1",  "web@", "a_b", "-a",  "a-", "a..b", ".a",  "a.", "a@-", "a@.b", "a/b",
                "a b", "a\nb", "a%i", "..",   ".",   "a\\", "ä",  "a-.b", "a:b",
        };
        char name[66];

        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                CHECK(pod_name_is_valid(good[i]));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                if (pod_name_is_valid(bad[i]))
                        test_fail(__FILE__, __LINE__, "\"%s\" is taken for valid", bad[i]);

        memset(name, 'n', sizeof(name));
        name[64] = '\0';
        CHECK(pod_name_is_valid(name));
        name[64] = 'n';
        name[65] = '\0';
        CHECK(!pod_name_is_valid(name));
}

TEST(pod_name_reasons) {
        _cleanup_diag_ Diag d = {};

        CHECK_INT(pod_name_check("a b", &d), -EINVAL);
        CHECK_STR(d.message,
                  "invalid pod name \"a b\": a name has 1 to 64 letters, digits, \".\", \"-\" and \"@\"");
        CHECK_INT(pod_name_check("a\nb", &d), -EINVAL);
        CHECK_STR(d.message,
                  "invalid pod name \"a\\x0ab\": a name has 1 to 64 letters, digits, \".\", \"-\" and \"@\"");
        CHECK_INT(pod_name_check("web@", &d), -EINVAL);
        CHECK_STR(d.message, "\"web@\" is a template: give an instance, as in \"web@1\"");
        CHECK_INT(pod_name_check("a_b", &d), -EINVAL);
        CHECK_STR(d.message,
                  "invalid pod name \"a_b\": \"a_b\" is no valid machine name (labels of letters, digits "
                  "and \"-\", separated by single dots)");
}

TEST(fits_unit) {
        CHECK(pod_name_fits_unit("a_b"));
        CHECK(pod_name_fits_unit("-"));
        CHECK(pod_name_fits_unit("web@"));
        CHECK(!pod_name_fits_unit(""));
        CHECK(!pod_name_fits_unit("a\\x2d"));
        CHECK(!pod_name_fits_unit("a/b"));
}

TEST(templates) {
        _cleanup_free_ char *template = NULL, *machine = NULL;

        CHECK(pod_name_is_template("web@"));
        CHECK(!pod_name_is_template("web"));
        CHECK(!pod_name_is_template("web@1"));
        CHECK(!pod_name_is_template("@"));
        CHECK(!pod_name_is_template("_@"));

        CHECK_STR(pod_name_instance("web"), NULL);
        CHECK_STR(pod_name_instance("web@a@b"), "a@b");
        CHECK_INT(pod_name_template("web", &template), -EINVAL);
        CHECK_INT(pod_name_template("web@a@b", &template), 0);
        CHECK_STR(template, "web@");
        CHECK_INT(pod_name_to_machine("web@a@b", &machine), 0);
        CHECK_STR(machine, "web-a-b");
}

TEST(machine_names) {
        CHECK(machine_name_is_valid("a.b-c.D9"));
        CHECK(!machine_name_is_valid(""));
        CHECK(!machine_name_is_valid("a."));
        CHECK(!machine_name_is_valid("a.-b"));
        CHECK(!machine_name_is_valid("a@b"));
}

TEST(app_names) {
        CHECK(app_name_is_valid("a"));
        CHECK(app_name_is_valid("a-1-b"));
        CHECK(!app_name_is_valid(""));
        CHECK(!app_name_is_valid("-a"));
        CHECK(!app_name_is_valid("a-"));
        CHECK(!app_name_is_valid("a--b"));
        CHECK(!app_name_is_valid("A"));
        CHECK(!app_name_is_valid("a.b"));
}

DEFINE_TEST_MAIN()
