/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/strv.h"
#include "basic/test.h"

static void check_joined(char *const *l, const char *expected) {
        _cleanup_free_ char *joined = strv_join(l, "|");
        CHECK_STR(joined, expected);
}

TEST(null_is_empty) {
        CHECK_INT(strv_length(NULL), 0);
        CHECK(!strv_contains(NULL, "a"));
        CHECK(strv_equal(NULL, (char *[]) { NULL }));
        check_joined(NULL, "");

        _cleanup_strv_free_ char **copy = strv_copy(NULL);
        CHECK(copy && !copy[0]);
}

TEST(extend) {
        _cleanup_strv_free_ char **l = NULL;

        CHECK_INT(strv_extend(&l, "a"), 0);
        CHECK_INT(strv_extendf(&l, "%d", 12), 0);
        CHECK_INT(strv_consume(&l, strdup("c")), 0);
        CHECK_INT(strv_consume(&l, NULL), -ENOMEM);
        CHECK_INT(strv_extend_strv(&l, NULL), 0);
        CHECK_INT(strv_extend_strv(&l, (char *[]) { (char *) "d", (char *) "", NULL }), 0);
        check_joined(l, "a|12|c|d|");
        CHECK(strv_contains(l, "12"));

        _cleanup_strv_free_ char **copy = strv_copy(l);
        CHECK(strv_equal(copy, l));
        CHECK_INT(strv_extend_strv(&l, l), 0);
        CHECK_INT(strv_length(l), 10);
        CHECK(!strv_equal(copy, l));
}

TEST(split) {
        static const char *const cases[][2] = {
                { "", "" }, { "a", "a" }, { "a,b", "a|b" }, { ",", "|" }, { "a,,b;", "a||b|" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_strv_free_ char **l = NULL;
                CHECK_INT(strv_split(cases[i][0], ",;", &l), 0);
                check_joined(l, cases[i][1]);
        }

        _cleanup_strv_free_ char **l = NULL;
        CHECK_INT(strv_split("", ",", &l), 0);
        CHECK_INT(strv_length(l), 1);
}

TEST(env) {
        _cleanup_strv_free_ char **env = NULL;

        CHECK_INT(strv_env_set(&env, "A=1"), 0);
        CHECK_INT(strv_env_set(&env, "AB=2=3"), 0);
        CHECK_INT(strv_env_set(&env, "_c9="), 0);
        CHECK_INT(strv_env_set(&env, "A=4"), 0);
        check_joined(env, "A=4|AB=2=3|_c9=");

        static const char *const bad[] = { "A", "=x", "", "9A=1", "A-B=1", "A B=1", "é=1" };
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                CHECK_INT(strv_env_set(&env, bad[i]), -EINVAL);

        CHECK_STR(strv_env_get(env, "AB"), "2=3");
        CHECK_STR(strv_env_get(env, "_c9"), "");
        CHECK_STR(strv_env_get(env, "B"), NULL);
        CHECK_STR(strv_env_get(NULL, "A"), NULL);

        CHECK(env_name_is_valid("PATH"));
        CHECK(!env_name_is_valid(""));
        CHECK(!env_name_is_valid("A=B"));
}

TEST(sort_unique) {
        _cleanup_strv_free_ char **l = NULL;

        strv_sort_unique(NULL);
        CHECK_INT(strv_split("b a c a b b", " ", &l), 0);
        strv_sort_unique(l);
        _cleanup_free_ char *joined = strv_join(l, " ");
        CHECK_STR(joined, "a b c");
}

DEFINE_TEST_MAIN()
