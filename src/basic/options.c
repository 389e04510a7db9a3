/* SPDX-License-Identifier: Apache-2.0 */

#include <stdint.h>

#include "basic/log.h"
#include "basic/options.h"
#include "basic/parse-util.h"
#include "basic/strv.h"

/* Farther than this, a name is not what was meant. */
#define NEAREST_MAX 3
/* Help texts start here; options that are wider have theirs on the next line. */
#define HELP_COLUMN 36

typedef struct OptionParser {
        const OptionGroup *groups;
        size_t n;
        int argc;
        char *const *argv;
        int index;
        Diag *diag;
} OptionParser;

/* An option as it occurs on the command line. */
typedef struct Occurrence {
        const Option *option;
        const OptionGroup *group;
        const char *value; /* NULL: none given */
} Occurrence;

#define FOREACH_ROW(o, group) \
        for (const Option *o = (group)->rows; o && o->name; o++)

const Option *option_find(const OptionGroup *groups, size_t n, const char *name,
                          const OptionGroup **ret_group) {
        for (size_t i = 0; i < n; i++)
                FOREACH_ROW(o, &groups[i])
                        if (streq(o->name, name)) {
                                if (ret_group)
                                        *ret_group = &groups[i];
                                return o;
                        }
        return NULL;
}

static const Option *find_short(const OptionParser *p, char name, const OptionGroup **ret_group) {
        for (size_t i = 0; i < p->n; i++)
                FOREACH_ROW(o, &p->groups[i])
                        if (o->short_name == name) {
                                *ret_group = &p->groups[i];
                                return o;
                        }
        return NULL;
}

static int refuse_unknown(const OptionParser *p, const char *name) {
        const Option *nearest = NULL;
        size_t distance = NEAREST_MAX + 1;

        for (size_t i = 0; i < p->n; i++)
                FOREACH_ROW(o, &p->groups[i]) {
                        size_t d = string_distance(o->name, name);
                        if (!o->hidden && d < distance && d < strlen(name)) {
                                nearest = o;
                                distance = d;
                        }
                }

        _cleanup_free_ char *escaped = string_escape(name);
        int r = diag_set(p->diag, -EINVAL, "unknown flag: --%s", strempty(escaped));
        return nearest ? diag_hint(p->diag, r, "Did you mean --%s?", nearest->name) : r;
}

/* Whether it stands alone, so that a value can only come with "=". */
static bool needs_no_value(const Option *o) {
        return o->kind == OPTION_BOOLEAN || o->implied;
}

static int refuse_value(const Option *o, const char *value, const char *expected, Diag *diag) {
        _cleanup_free_ char *escaped = string_escape(value);

        return diag_set(diag, -EINVAL, "invalid argument \"%s\" for --%s: expected %s", strempty(escaped),
                        o->name, expected);
}

static int set_boolean(bool *target, const Option *o, const char *value, Diag *diag) {
        int b = value ? parse_boolean(value) : true;
        if (b < 0)
                return refuse_value(o, value, "true or false", diag);

        *target = b;
        return 0;
}

static int set_string(char **target, const char *value) {
        char *copy = strdup(value);
        if (!copy)
                return -ENOMEM;

        free(*target);
        *target = copy;
        return 0;
}

/* An empty value is the empty list; otherwise empty entries are kept, for whoever checks them to refuse. */
static int add_list(char ***target, const char *value) {
        _cleanup_strv_free_ char **entries = NULL;

        if (isempty(value))
                return 0;

        int r = strv_split(value, ",", &entries);
        return r < 0 ? r : strv_extend_strv(target, entries);
}

static int apply(const Occurrence *at, Diag *diag) {
        const Option *o = at->option;
        if (o->unsupported)
                return diag_set(diag, -EOPNOTSUPP, "--%s is not supported by this version", o->name);
        if (o->deprecated)
                log_warning("Flag --%s has been deprecated, %s", o->name, o->deprecated);

        void *target = (uint8_t *) at->group->target + o->offset;
        const char *value = at->value ?: o->implied;
        switch (o->kind) {
        case OPTION_BOOLEAN:
                return set_boolean(target, o, value, diag);
        case OPTION_STRING:
                return set_string(target, value);
        case OPTION_STRV:
                return strv_extend(target, value);
        case OPTION_LIST:
                return add_list(target, value);
        case OPTION_CUSTOM:
                return o->parse(target, o, value, diag);
        }
        return -EINVAL;
}

/* Takes the value from the next word if it must have one and none came with it. */
static int apply_with_next(OptionParser *p, Occurrence *at) {
        bool take = !at->value && !needs_no_value(at->option) && !at->option->unsupported;
        if (take && p->index + 1 >= p->argc)
                return diag_set(p->diag, -EINVAL, "flag needs an argument: --%s", at->option->name);
        if (take)
                at->value = p->argv[++p->index];

        p->index++;
        return apply(at, p->diag);
}

static int parse_long(OptionParser *p) {
        const char *word = p->argv[p->index] + 2;
        size_t length = strcspn(word, "=");
        _cleanup_free_ char *name = strndup(word, length);
        if (!name)
                return -ENOMEM;

        Occurrence at = { .value = word[length] == '=' ? word + length + 1 : NULL };
        at.option = option_find(p->groups, p->n, name, &at.group);
        if (!at.option)
                return refuse_unknown(p, name);
        return apply_with_next(p, &at);
}

/* "-x", "-xyz" of several that need no value, "-xVALUE", "-x=VALUE", "-x VALUE". */
static int parse_short(OptionParser *p) {
        const char *word = p->argv[p->index];

        for (const char *s = word + 1;; s++) {
                Occurrence at = {};

                at.option = find_short(p, *s, &at.group);
                if (!at.option) {
                        _cleanup_free_ char *escaped = string_escape(word);
                        return diag_set(p->diag, -EINVAL, "unknown flag: %s", strempty(escaped));
                }

                if (s[1] == '=')
                        at.value = s + 2;
                else if (s[1] && !needs_no_value(at.option))
                        at.value = s + 1;
                if (at.value || !s[1])
                        return apply_with_next(p, &at);

                int r = apply(&at, p->diag);
                if (r < 0)
                        return r;
        }
}

int option_parse_one(const OptionGroup *groups, size_t n, int argc, char *const *argv, int *index,
                     Diag *diag) {
        OptionParser p = {
                .groups = groups, .n = n, .argc = argc, .argv = argv, .index = *index, .diag = diag,
        };
        const char *word = argv[*index];

        int r = -EINVAL;
        if (startswith(word, "--"))
                r = parse_long(&p);
        else if (word[0] == '-' && word[1])
                r = parse_short(&p);
        else
                diag_set(diag, r, "\"-\" is not a flag");
        if (r < 0)
                return r;

        *index = p.index;
        return 0;
}

int option_parse_all(const OptionGroup *groups, size_t n, int argc, char *const *argv, char ***ret_args,
                     Diag *diag) {
        _cleanup_strv_free_ char **args = NULL;
        bool only_args = false;

        for (int i = 0; i < argc;) {
                int r = 0;

                if (!only_args && streq(argv[i], "--")) {
                        only_args = true;
                        i++;
                } else if (!only_args && argv[i][0] == '-' && argv[i][1])
                        r = option_parse_one(groups, n, argc, argv, &i, diag);
                else
                        r = strv_extend(&args, argv[i++]);
                if (r < 0)
                        return r;
        }

        *ret_args = TAKE_PTR(args);
        return 0;
}

void option_values_done(const Option *rows, void *target) {
        FOREACH_ROW(o, &(OptionGroup) { .rows = rows }) {
                void *member = (uint8_t *) target + o->offset;

                /* A row that is refused has no member. What OPTION_CUSTOM stores is its inventor's to
                 * free. */
                if (o->unsupported)
                        continue;
                if (o->kind == OPTION_STRING) {
                        char **s = member;
                        free(TAKE_PTR(*s));
                } else if (o->kind == OPTION_STRV || o->kind == OPTION_LIST) {
                        char ***l = member;
                        *l = strv_free(*l);
                }
        }
}

static int append_usage(const Option *o, StringBuf *out) {
        int r = o->short_name ? string_buf_printf(out, "  -%c, --%s", o->short_name, o->name)
                              : string_buf_printf(out, "      --%s", o->name);

        if (r >= 0 && o->metavar)
                r = string_buf_printf(out, needs_no_value(o) ? "[=%s]" : "=%s", o->metavar);
        return r;
}

static int append_row(const Option *o, StringBuf *out) {
        _cleanup_(string_buf_done) StringBuf usage = {};
        int r = append_usage(o, &usage);
        if (r < 0)
                return r;

        size_t width = utf8_width(usage.data);
        if (width + 2 > HELP_COLUMN)
                r = string_buf_printf(out, "%s\n%*s", usage.data, HELP_COLUMN, "");
        else
                r = string_buf_printf(out, "%s%*s", usage.data, (int) (HELP_COLUMN - width), "");
        if (r >= 0)
                r = string_buf_append(out, strempty(o->help));
        if (r >= 0 && o->default_text)
                r = string_buf_printf(out, " (default: %s)", o->default_text);
        if (r >= 0)
                r = string_buf_append(out, "\n");
        return r;
}

int option_format_help(const OptionGroup *group, StringBuf *out) {
        bool any = false;

        FOREACH_ROW(o, group) {
                if (o->hidden || o->unsupported || o->deprecated)
                        continue;

                int r = 0;
                if (!any && group->title)
                        r = string_buf_printf(out, "%s\n", group->title);
                if (r >= 0)
                        r = append_row(o, out);
                if (r < 0)
                        return r;
                any = true;
        }
        return 0;
}
