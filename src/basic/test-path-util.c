/* SPDX-License-Identifier: Apache-2.0 */

#include <limits.h>

#include "basic/path-util.h"
#include "basic/test.h"

TEST(is_normalized) {
        static const char *const good[] = { "/", "a", "/a", "a/b", "/a/b.c", "...", "/.a" };
        static const char *const bad[] = {
                "", ".", "..", "/..", "a/../b", "./a", "a/.", "a//b", "//", "a/", "/a/",
        };

        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                CHECK(path_is_normalized(good[i]));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                CHECK(!path_is_normalized(bad[i]));
}

TEST(filename_is_valid) {
        CHECK(filename_is_valid("a"));
        CHECK(filename_is_valid("..."));
        CHECK(!filename_is_valid(""));
        CHECK(!filename_is_valid("."));
        CHECK(!filename_is_valid(".."));
        CHECK(!filename_is_valid("a/b"));

        char name[NAME_MAX + 2];
        memset(name, 'a', sizeof(name) - 1);
        name[NAME_MAX + 1] = '\0';
        CHECK(!filename_is_valid(name));
        name[NAME_MAX] = '\0';
        CHECK(filename_is_valid(name));
}

TEST(join) {
        static const char *const cases[][3] = {
                { "a", "b", "a/b" },  { "/", "b", "/b" },     { "/", "/", "/" },
                { "a/", "/b", "a/b" }, { "a//", "b", "a/b" }, { "a", "", "a" },
                { "", "b", "b" },     { "/a", "/b", "/a/b" }, { "", "", "" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *joined = path_join(cases[i][0], cases[i][1]);
                CHECK_STR(joined, cases[i][2]);
        }
}

TEST(simplify) {
        static const char *const cases[][2] = {
                { "", "" },         { ".", "." },      { "/", "/" },         { "//.//", "/" },
                { "./a", "a" },     { "a/./b", "a/b" }, { "//a//b///", "/a/b" }, { "/a/../b/.", "/a/../b" },
                { "./.", "." },     { "a", "a" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *p = strdup(cases[i][0]);
                CHECK_STR(path_simplify(p), cases[i][1]);
        }
}

TEST(make_absolute) {
        _cleanup_free_ char *cwd = get_current_dir_name(), *a = NULL, *b = NULL;
        _cleanup_free_ char *expected = path_join(cwd, "x/y");

        CHECK_INT(path_make_absolute_cwd("./x//y", &a), 0);
        CHECK_STR(a, expected);
        CHECK_INT(path_make_absolute_cwd("/x/", &b), 0);
        CHECK_STR(b, "/x");
}

TEST(is_under) {
        CHECK(path_is_under("/a/b", "/a"));
        CHECK(path_is_under("/a", "/a/"));
        CHECK(path_is_under("/a", "/"));
        CHECK(path_is_under("//a/./b", "/a"));
        CHECK(path_is_under("a/b", "a"));
        CHECK(!path_is_under("/ab", "/a"));
        CHECK(!path_is_under("/a", "/a/b"));
        CHECK(!path_is_under("a", "/a"));
}

TEST(basename) {
        CHECK_STR(path_basename("a"), "a");
        CHECK_STR(path_basename("/a/b"), "b");
        CHECK_STR(path_basename("a/"), "");
}

DEFINE_TEST_MAIN()
