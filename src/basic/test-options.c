/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/options.h"
#include "basic/strv.h"
#include "basic/test.h"

typedef struct Values {
        bool quiet, all;
        char *name;
        char **env, **list;
        char *wait;
        int custom;
} Values;

static int parse_length(void *target, const Option *o, const char *value, Diag *diag) {
        if (streq(value, "bad"))
                return diag_set(diag, -EINVAL, "--%s: bad", o->name);

        *(int *) target = (int) strlen(value);
        return 0;
}

static const Option rows[] = {
        { "quiet", 'q', OPTION_BOOLEAN, offsetof(Values, quiet), NULL, "Say less" },
        { "all", 'a', OPTION_BOOLEAN, offsetof(Values, all), NULL, "All of it", .default_text = "false" },
        { "name", 'n', OPTION_STRING, offsetof(Values, name), "NAME", "The name" },
        { "set-env", 0, OPTION_STRV, offsetof(Values, env), "NAME=VALUE", "Environment" },
        { "list", 0, OPTION_LIST, offsetof(Values, list), "A,B", "List" },
        { "wait", 0, OPTION_STRING, offsetof(Values, wait), "TIME", "Wait", .implied = "forever" },
        { "custom", 0, OPTION_CUSTOM, offsetof(Values, custom), "TEXT", "Length", .parse = parse_length },
        { "secret", 0, OPTION_BOOLEAN, offsetof(Values, all), NULL, "Hidden", .hidden = true },
        { "later", 0, OPTION_STRING, 0, "X", "Not yet", .unsupported = true },
        { "old", 0, OPTION_BOOLEAN, offsetof(Values, all), NULL, "Old", .deprecated = "use --all" },
        { "a-very-long-name-of-an-option", 0, OPTION_STRING, offsetof(Values, name), "SOMETHING", "Long" },
        {},
};

static void values_done(Values *v) {
        option_values_done(rows, v);
        CHECK(!v->name && !v->env && !v->list && !v->wait);
}

/* line: the words, separated by blanks. */
static int parse(const char *line, Values *v, char ***ret_args, Diag *diag) {
        const OptionGroup groups[] = { { .rows = NULL }, { .rows = rows, .target = v } };
        _cleanup_strv_free_ char **words = NULL;

        CHECK_INT(strv_split(line, " ", &words), 0);
        return option_parse_all(groups, 2, (int) strv_length(words), words, ret_args, diag);
}

static void check_joined(char **l, const char *expected) {
        _cleanup_free_ char *joined = strv_join(l, "|");

        CHECK_STR(joined, expected);
        strv_free(l);
}

TEST(kinds) {
        _cleanup_(values_done) Values v = {};
        char **args = NULL;

        CHECK_INT(parse("one --quiet --name=a two --name b --set-env=A=1 --set-env B=2,3 --list=x,y --list z "
                        "--custom=four --wait three -- --quiet -- x",
                        &v, &args, NULL), 0);
        CHECK(v.quiet && !v.all);
        CHECK_STR(v.name, "b");
        CHECK_STR(v.wait, "forever");
        CHECK_INT(v.custom, 4);
        check_joined(args, "one|two|three|--quiet|--|x");
        check_joined(TAKE_PTR(v.env), "A=1|B=2,3");
        check_joined(TAKE_PTR(v.list), "x|y|z");
}

TEST(booleans_and_empty_values) {
        _cleanup_(values_done) Values v = { .quiet = true };
        char **args = NULL;

        CHECK_INT(parse("--quiet=false --all=true --name= --list= --wait= --secret", &v, &args, NULL), 0);
        CHECK(!v.quiet && v.all);
        CHECK_STR(v.name, "");
        CHECK_STR(v.wait, "");
        CHECK(!v.list && !args);

        /* "false" is no value of --all, but an argument. */
        CHECK_INT(parse("--all false -", &v, &args, NULL), 0);
        check_joined(args, "false|-");
}

TEST(short_names) {
        _cleanup_(values_done) Values v = {};
        char **args = NULL;

        CHECK_INT(parse("-qa -n x", &v, &args, NULL), 0);
        CHECK(v.quiet && v.all);
        CHECK_STR(v.name, "x");
        CHECK_INT(parse("-q=false -anvalue", &v, &args, NULL), 0);
        CHECK(!v.quiet);
        CHECK_STR(v.name, "value");
        CHECK_INT(parse("-n=eq", &v, &args, NULL), 0);
        CHECK_STR(v.name, "eq");
        CHECK(!args);
}

TEST(one_at_a_time) {
        _cleanup_(values_done) Values v = {};
        const OptionGroup group = { .rows = rows, .target = &v };
        char *const argv[] = { (char *) "--name", (char *) "x", (char *) "-q", (char *) "rest", NULL };
        int i = 0;

        CHECK_INT(option_parse_one(&group, 1, 4, argv, &i, NULL), 0);
        CHECK_INT(i, 2);
        CHECK_INT(option_parse_one(&group, 1, 4, argv, &i, NULL), 0);
        CHECK_INT(i, 3);

        char *const bad[] = { (char *) "--none", NULL };
        i = 0;
        CHECK_INT(option_parse_one(&group, 1, 1, bad, &i, NULL), -EINVAL);
        CHECK_INT(i, 0);
}

TEST(errors) {
        static const struct {
                const char *line, *message, *hint;
                int error;
        } cases[] = {
                { "--nmae=x", "unknown flag: --nmae", "Did you mean --name?", -EINVAL },
                { "--xyzzy", "unknown flag: --xyzzy", NULL, -EINVAL },
                { "--secre", "unknown flag: --secre", NULL, -EINVAL },
                { "--\x1b", "unknown flag: --\\x1b", NULL, -EINVAL },
                { "--=x", "unknown flag: --", NULL, -EINVAL },
                { "-x", "unknown flag: -x", NULL, -EINVAL },
                { "-qx", "unknown flag: -qx", NULL, -EINVAL },
                { "--name", "flag needs an argument: --name", NULL, -EINVAL },
                { "-n", "flag needs an argument: --name", NULL, -EINVAL },
                { "--quiet=maybe", "invalid argument \"maybe\" for --quiet: expected true or false", NULL,
                  -EINVAL },
                { "--quiet=", "invalid argument \"\" for --quiet: expected true or false", NULL, -EINVAL },
                { "--custom=bad", "--custom: bad", NULL, -EINVAL },
                { "--later=x", "--later is not supported by this version", NULL, -EOPNOTSUPP },
                { "--later", "--later is not supported by this version", NULL, -EOPNOTSUPP },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(values_done) Values v = {};
                _cleanup_diag_ Diag diag = {};
                char **args = NULL;

                CHECK_INT(parse(cases[i].line, &v, &args, &diag), cases[i].error);
                CHECK_STR(diag.message, cases[i].message);
                CHECK_STR(diag.hint, cases[i].hint);
                CHECK(!args);
        }
}

TEST(find) {
        const OptionGroup groups[] = { { .rows = rows }, { .rows = rows } };
        const OptionGroup *group = NULL;

        CHECK(option_find(groups, 2, "all", &group) == &rows[1]);
        CHECK(group == &groups[0]);
        CHECK(!option_find(groups, 2, "al", NULL));
}

TEST(help) {
        _cleanup_(string_buf_done) StringBuf b = {};

        CHECK_INT(option_format_help(&(OptionGroup) { .title = "Options:", .rows = rows }, &b), 0);
        CHECK_STR(b.data,
                  "Options:\n"
                  "  -q, --quiet                       Say less\n"
                  "  -a, --all                         All of it (default: false)\n"
                  "  -n, --name=NAME                   The name\n"
                  "      --set-env=NAME=VALUE          Environment\n"
                  "      --list=A,B                    List\n"
                  "      --wait[=TIME]                 Wait\n"
                  "      --custom=TEXT                 Length\n"
                  "      --a-very-long-name-of-an-option=SOMETHING\n"
                  "                                    Long\n");

        static const Option nothing[] = { { "x", 0, OPTION_BOOLEAN, 0, NULL, "X", .hidden = true }, {} };
        _cleanup_(string_buf_done) StringBuf none = {};
        CHECK_INT(option_format_help(&(OptionGroup) { .title = "Options:", .rows = nothing }, &none), 0);
        CHECK_INT(none.size, 0);
}

DEFINE_TEST_MAIN()
