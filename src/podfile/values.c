/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/parse-util.h"
#include "basic/path-util.h"
#include "podfile/specifier.h"
#include "podfile/values.h"

/* Values that both sections have, and the way from the text of a value to words that are safe to hand on:
 * words are split first and specifiers expanded in each, so that an instance name cannot make a new word. */

static bool has_control(const char *s) {
        for (; *s; s++)
                if ((unsigned char) *s < 0x20 || *s == 0x7f)
                        return true;
        return false;
}

/* 1: good; 0: noted. Escapes in a word can bring in bytes that the file itself may not have. */
static int text_check(PodFileParser *p, const char *s, bool any_text) {
        int r;

        if (!utf8_is_valid(s, strlen(s)))
                r = podfile_error(p, "not valid UTF-8");
        else if (!any_text && has_control(s))
                r = podfile_error(p, "control characters are not allowed here");
        else
                return 1;
        return MIN(r, 0);
}

static int expand(PodFileParser *p, const char *s, bool any_text, char **ret) {
        _cleanup_free_ char *t = NULL;
        _cleanup_diag_ Diag d = {};
        int r;

        r = specifier_expand(s, p->pod->name, &t, &d);
        if (r == -EINVAL)
                return podfile_error_diag(p, /* what= */ NULL, &d);
        if (r < 0)
                return r;

        r = text_check(p, t, any_text);
        if (r > 0)
                *ret = TAKE_PTR(t);
        return r;
}

int podfile_value(PodFileParser *p, const char *value, char **ret) {
        return expand(p, value, /* any_text= */ false, ret);
}

/* In place; frees the words that are expanded. */
static int expand_words(PodFileParser *p, char **words, bool any_text) {
        for (char **w = words; *w; w++) {
                char *t;
                int r;

                r = expand(p, *w, any_text, &t);
                if (r <= 0)
                        return r;
                free(*w);
                *w = t;
        }
        return 1;
}

int podfile_words(PodFileParser *p, const char *value, bool any_text, char ***ret) {
        _cleanup_strv_free_ char **words = NULL;
        _cleanup_diag_ Diag d = {};
        int r;

        r = ini_split_words(value, &words, &d);
        if (r == -EINVAL)
                return podfile_error_diag(p, /* what= */ NULL, &d);
        if (r < 0)
                return r;
        if (!words)
                return 0;

        r = expand_words(p, words, any_text);
        if (r > 0)
                *ret = TAKE_PTR(words);
        return r;
}

int podfile_list_add(PodFileParser *p, char ***l, const char *word) {
        size_t n = strv_length(*l);

        if (n > PODFILE_LIST_MAX)
                return 0;
        if (n == PODFILE_LIST_MAX)
                return podfile_error(p, "more than %d entries in one list", PODFILE_LIST_MAX);
        return strv_extend(l, word);
}

void reset_string(_unused_ PodFileParser *p, void *target) {
        char **s = target;

        free(*s);
        *s = NULL;
}

void reset_list(_unused_ PodFileParser *p, void *target) {
        char ***l = target;

        *l = strv_free(*l);
}

int parse_bool(PodFileParser *p, const PodFileKey *key, void *target, const char *value) {
        bool *b = target;
        int r;

        r = parse_boolean(value);
        if (r < 0)
                return podfile_bad_value(p, key->name, value, "is neither yes nor no");
        *b = r;
        return 0;
}

static int path_check(PodFileParser *p, const PodFileKey *key, const char *path) {
        if (path_is_absolute(path))
                return 1;
        return MIN(podfile_bad_value(p, key->name, path, "is no absolute path"), 0);
}

/* A path is the whole value, white space included: systemd's own single paths are not quoted either. */
static int path_value(PodFileParser *p, const PodFileKey *key, const char *value, char **ret) {
        _cleanup_free_ char *path = NULL;
        int r;

        r = podfile_value(p, value, &path);
        if (r <= 0)
                return r;
        r = path_check(p, key, path);
        if (r > 0)
                *ret = TAKE_PTR(path);
        return r;
}

int parse_path(PodFileParser *p, const PodFileKey *key, void *target, const char *value) {
        char **s = target, *path;
        int r;

        r = path_value(p, key, value, &path);
        if (r <= 0)
                return r;
        free(*s);
        *s = path;
        return 0;
}

int parse_path_list(PodFileParser *p, const PodFileKey *key, void *target, const char *value) {
        _cleanup_free_ char *path = NULL;
        int r;

        r = path_value(p, key, value, &path);
        if (r <= 0)
                return r;
        return podfile_list_add(p, target, path);
}

static int environment_add(PodFileParser *p, char ***env, const char *word) {
        int r;

        if (strv_length(*env) >= PODFILE_LIST_MAX)
                return podfile_list_add(p, env, word);

        r = strv_env_set(env, word);
        if (r != -EINVAL)
                return r;
        return podfile_bad_value(p, "Environment", word,
                                 "is no NAME=VALUE (a name has letters, digits and \"_\", no digit first)");
}

int parse_environment(PodFileParser *p, _unused_ const PodFileKey *key, void *target, const char *value) {
        _cleanup_strv_free_ char **words = NULL;
        int r;

        r = podfile_words(p, value, /* any_text= */ true, &words);
        if (r <= 0)
                return r;

        STRV_FOREACH(w, words) {
                r = environment_add(p, target, *w);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Exec= replaces what an earlier file said, Args= adds to it: the one is a command, the other a list. */
int parse_command(PodFileParser *p, const PodFileKey *key, void *target, const char *value) {
        _cleanup_strv_free_ char **words = NULL;
        int r;

        r = podfile_words(p, value, /* any_text= */ true, &words);
        if (r <= 0)
                return r;

        if (streq(key->name, "Exec")) {
                if (isempty(words[0]))
                        return podfile_error(p, "Exec=: the program's name is empty");
                reset_list(p, target);
        }
        STRV_FOREACH(w, words) {
                r = podfile_list_add(p, target, *w);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* systemd takes a timeout of 0 for "none"; who means that says infinity. */
static int time_value(PodFileParser *p, const PodFileKey *key, const char *value, usec_t *ret) {
        if (streq(value, "infinity")) {
                *ret = USEC_INFINITY;
                return 1;
        }
        if (parse_sec(value, ret) < 0)
                return MIN(
                        podfile_bad_value(p, key->name, value, "is no time span, as \"30s\" or \"1min 30s\""),
                        0);
        return 1;
}

int parse_time(PodFileParser *p, const PodFileKey *key, void *target, const char *value) {
        usec_t *t = target, usec;
        int r;

        r = time_value(p, key, value, &usec);
        if (r <= 0)
                return r;
        if (usec == 0)
                return podfile_error(p, "%s= must be above 0; write \"infinity\" for no limit", key->name);
        *t = usec;
        return 0;
}

int parse_time_text(PodFileParser *p, const PodFileKey *key, void *target, const char *value) {
        usec_t usec;
        char **s = target, *copy;
        int r;

        r = time_value(p, key, value, &usec);
        if (r <= 0)
                return r;

        copy = strdup(value);
        if (!copy)
                return -ENOMEM;
        free(*s);
        *s = copy;
        return 0;
}

/* Whether word is one of the space-separated patterns, of which only the last byte may be "*". */
static bool word_matches(const char *patterns, const char *word) {
        _cleanup_strv_free_ char **l = NULL;

        if (strv_split(patterns, " ", &l) < 0)
                return false;
        STRV_FOREACH(pattern, l) {
                size_t n = strlen(*pattern);

                if ((*pattern)[n - 1] == '*' ? strncmp(word, *pattern, n - 1) == 0 : streq(word, *pattern))
                        return true;
        }
        return false;
}

int parse_only_default(PodFileParser *p, const PodFileKey *key, _unused_ void *target, const char *value) {
        _cleanup_free_ char *escaped = string_escape(value);

        if (!escaped)
                return -ENOMEM;
        if (streq(value, key->def))
                return 0;
        if (word_matches(key->later, value))
                return podfile_error(p, "%s=%s is not supported by this version, only the default, %s=%s",
                                     key->name, escaped, key->name, key->def);
        return podfile_error(p, "%s=: unknown value \"%s\"; it is %s %s", key->name, escaped, key->def,
                             key->later);
}
