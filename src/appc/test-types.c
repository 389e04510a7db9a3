/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/types.h"
#include "basic/test.h"

static const char *const names[] = { "a", "0", "database", "product-database", "a-b-c", "7-8" };
static const char *const identifiers_only[] = {
        "example.com/database", "example.com/~user/app_v1", "a.b", "a_b", "a~b", "a/b", "a.b-c_d~e/f",
};
static const char *const neither[] = {
        "a/~", "a/~/b", "a~/b", "a/~~b", "/~a",
        "",    "-",     "a-",   "-a",   "a--b", "A",     "a B",    "a\nb",  "ä",
        "a:b", "a%2fb", ".",    "..",   "../a", "a/..",  "a/../b", "a/./b", "/a",
        "a/",  "a//b",  "a..b", "a.-b", "a\\b", "a\x7f", "a=b",    "a@b",   "~a",
};

TEST(names_and_identifiers) {
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                CHECK(ac_name_is_valid(names[i]) && ac_identifier_is_valid(names[i]));
        for (size_t i = 0; i < ELEMENTSOF(identifiers_only); i++)
                CHECK(!ac_name_is_valid(identifiers_only[i]) && ac_identifier_is_valid(identifiers_only[i]));
        for (size_t i = 0; i < ELEMENTSOF(neither); i++)
                if (ac_name_is_valid(neither[i]) || ac_identifier_is_valid(neither[i]))
                        test_fail(__FILE__, __LINE__, "accepted \"%s\"", neither[i]);
}

TEST(name_length) {
        char text[AC_NAME_MAX + 2] = {};

        memset(text, 'a', AC_NAME_MAX);
        CHECK(ac_name_is_valid(text) && ac_identifier_is_valid(text));
        text[AC_NAME_MAX] = 'a';
        CHECK(!ac_name_is_valid(text) && !ac_identifier_is_valid(text));
}

TEST(sanitize) {
        static const char *const cases[][2] = {
                { "redis", "redis" },
                { "My App", "my-app" },
                { "__a__b__", "a-b" },
                { "App:v1.0", "app-v1-0" },
                { "--x", "x" },
                { "ünïcode", "n-code" },
                { "a\nb", "a-b" },
        };
        char *s;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                CHECK_INT(ac_name_sanitize(cases[i][0], &s), 0);
                CHECK_STR(s, cases[i][1]);
                CHECK(ac_name_is_valid(s));
                free(s);
        }
        CHECK_INT(ac_name_sanitize("", &s), -EINVAL);
        CHECK_INT(ac_name_sanitize("___", &s), -EINVAL);
}

TEST(sanitize_keeps_the_limit) {
        char text[APP_NAME_MAX + 20] = {};
        char *s;

        memset(text, 'a', sizeof(text) - 1);
        for (size_t dash = APP_NAME_MAX - 3; dash < APP_NAME_MAX + 3; dash++) {
                text[dash] = '_';
                CHECK_INT(ac_name_sanitize(text, &s), 0);
                CHECK(strlen(s) <= APP_NAME_MAX && ac_name_is_valid(s));
                free(s);
                text[dash] = 'a';
        }
}

TEST(name_from_image) {
        static const char *const cases[][2] = {
                { "example.com/reduce-worker", "reduce-worker" },
                { "redis", "redis" },
                { "example.com/~user/app_v1", "app-v1" },
                { "coreos.com/etcd.2", "etcd-2" },
        };
        char *s;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                CHECK_INT(ac_name_from_image(cases[i][0], &s), 0);
                CHECK_STR(s, cases[i][1]);
                free(s);
        }
        CHECK_INT(ac_name_from_image("example.com/", &s), -EINVAL);
}

#define HEX32 "0123456789abcdef0123456789abcdef"

TEST(image_ids) {
        static const char *const keys[] = { "sha512-" HEX32 HEX32 };
        static const char *const prefixes[] = {
                "sha512-01", "sha512-0aF", "sha512-" HEX32, "sha512-" HEX32 HEX32 HEX32 HEX32,
                "sha512-" HEX32 HEX32 "0", "sha512-ABCDEF" HEX32,
        };
        static const char *const bad[] = {
                "", "sha512-", "sha512-0", "sha512", "sha256-0123", "SHA512-0123", "sha512-..", "sha512-../x",
                "sha512-01/", "sha512-0g", "sha512-01 ", " sha512-01", "sha512-01\n", "0123456789",
                "sha512-" HEX32 HEX32 HEX32 HEX32 "0", "sha512:0123",
        };

        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                CHECK(image_id_is_valid(keys[i]) && image_id_is_prefix(keys[i]));
        for (size_t i = 0; i < ELEMENTSOF(prefixes); i++)
                CHECK(!image_id_is_valid(prefixes[i]) && image_id_is_prefix(prefixes[i]));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                if (image_id_is_valid(bad[i]) || image_id_is_prefix(bad[i]))
                        test_fail(__FILE__, __LINE__, "accepted \"%s\"", bad[i]);
        CHECK(!image_id_is_valid("sha512-" HEX32 "0123456789abcdef0123456789ABCDEF"));
        CHECK_INT(strlen(keys[0]), IMAGE_ID_LENGTH);
}

TEST(name_value_lists) {
        _cleanup_(name_value_list_done) NameValueList l = {}, copy = {}, empty = {};

        CHECK(!name_value_list_get(&l, "a"));
        CHECK_INT(name_value_list_set(&l, "b", "1"), 0);
        CHECK_INT(name_value_list_set(&l, "a", "2"), 0);
        CHECK_INT(name_value_list_set(&l, "b", "3"), 0);
        CHECK_INT(l.n, 2);
        CHECK_STR(l.items[0].name, "b");
        CHECK_STR(name_value_list_get(&l, "b"), "3");
        CHECK_INT(name_value_list_copy(&l, &copy), 0);
        CHECK_INT(name_value_list_set(&l, "a", "4"), 0);
        CHECK_STR(name_value_list_get(&copy, "a"), "2");
        CHECK_INT(copy.n, 2);
        CHECK_INT(name_value_list_copy(&empty, &empty), 0);
        CHECK_INT(empty.n, 0);
}

TEST(name_value_list_set_from_itself) {
        _cleanup_(name_value_list_done) NameValueList l = {};

        CHECK_INT(name_value_list_set(&l, "a", "x"), 0);
        CHECK_INT(name_value_list_set(&l, l.items[0].name, l.items[0].value), 0);
        CHECK_STR(name_value_list_get(&l, "a"), "x");
}

TEST(isolator_lists) {
        _cleanup_(isolator_list_done) IsolatorList l = {}, copy = {};

        CHECK(!isolator_list_get(&l, "a"));
        CHECK_INT(isolator_list_set(&l, "a", "1"), 0);
        CHECK_INT(isolator_list_set(&l, "b", "2"), 0);
        CHECK_INT(isolator_list_set(&l, "a", "3"), 0);
        CHECK_INT(l.n, 2);
        CHECK_STR(isolator_list_get(&l, "a"), "3");
        CHECK_INT(isolator_list_copy(&l, &copy), 0);
        CHECK_INT(copy.n, 2);
        CHECK_STR(copy.items[1].value, "2");
}

DEFINE_TEST_MAIN()
