/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/test.h"
#include "cli/verb.h"

static int find(const char *line, const char **ret_name, int *ret_index, char **ret_message) {
        _cleanup_strv_free_ char **words = NULL;
        _cleanup_diag_ Diag diag = {};
        const Verb *v = NULL;
        int index = 0;

        CHECK_INT(strv_split(line, " ", &words), 0);
        int r = verb_find((int) strv_length(words), words, &index, &v, &diag);
        if (ret_name)
                *ret_name = v ? v->name : NULL;
        if (ret_index)
                *ret_index = index;
        if (ret_message) {
                *ret_message = diag.message;
                diag.message = NULL;
        }

        return r;
}

TEST(every_verb_is_found_by_its_name) {
        for (const Verb *const *v = cli_verbs; *v; v++) {
                const char *name = NULL;

                CHECK_INT(find((*v)->name, &name, NULL, NULL), 0);
                CHECK_STR(name, (*v)->name);
        }
}

TEST(prefixes) {
        static const struct {
                const char *line, *name;
                int index;
        } cases[] = {
                { "image list", "image list", 2 },
                { "image l extra", "image list", 2 },
                { "run", "run", 1 },
                { "run image list", "run", 1 },
                { "run-p", "run-prepared", 1 },
                { "vers", "version", 1 },
                { "pod verify x.pod", "pod verify", 2 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const char *name = NULL;
                int index = -1;

                CHECK_INT(find(cases[i].line, &name, &index, NULL), 0);
                CHECK_STR(name, cases[i].name);
                CHECK_INT(index, cases[i].index);
        }
}

TEST(unknown_and_ambiguous) {
        static const struct {
                const char *line, *message;
                int error;
        } cases[] = {
                { "nonsense", "unknown command \"nonsense\"", -ENOENT },
                { "image nonsense", "unknown command \"image nonsense\"", -ENOENT },
                { "image", "\"image\" needs a command after it", -ENOENT },
                { "st", "ambiguous command \"st\"", -ENOTUNIQ },
                { "lists", "unknown command \"lists\"", -ENOENT },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *message = NULL;

                CHECK_INT(find(cases[i].line, NULL, NULL, &message), cases[i].error);
                CHECK_STR(message, cases[i].message);
        }
}

TEST(rows_are_sound) {
        for (const Verb *const *v = cli_verbs; *v; v++) {
                const Option *tables[] = { (*v)->options, (*v)->app_options, cli_global_options };

                CHECK(!isempty((*v)->summary) && (*v)->usage);
                CHECK(((*v)->flags & VERB_UNSUPPORTED) || (*v)->run);
                for (size_t t = 0; t < ELEMENTSOF(tables); t++)
                        for (const Option *o = tables[t]; o && o->name; o++) {
                                CHECK(!isempty(o->help) && !endswith(o->help, "."));
                                CHECK(o->kind == OPTION_BOOLEAN ? !o->metavar : !isempty(o->metavar));
                                CHECK(o->kind != OPTION_CUSTOM || o->parse || o->unsupported);
                        }
        }
}

DEFINE_TEST_MAIN()
