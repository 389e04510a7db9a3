/* SPDX-License-Identifier: Apache-2.0 */

#include <stdint.h>

#include "basic/strv.h"

char **strv_free(char **l) {
        STRV_FOREACH(s, l)
                free(*s);
        free(l);
        return NULL;
}

size_t strv_length(char *const *l) {
        size_t n = 0;

        STRV_FOREACH(s, l)
                n++;
        return n;
}

bool strv_contains(char *const *l, const char *s) {
        STRV_FOREACH(i, l)
                if (streq(*i, s))
                        return true;
        return false;
}

char **strv_copy(char *const *l) {
        size_t n = strv_length(l);
        _cleanup_strv_free_ char **copy = calloc(n + 1, sizeof(char *));
        if (!copy)
                return NULL;

        for (size_t i = 0; i < n; i++) {
                copy[i] = strdup(l[i]);
                if (!copy[i])
                        return NULL;
        }
        return TAKE_PTR(copy);
}

bool strv_equal(char *const *a, char *const *b) {
        size_t n = strv_length(a);
        if (n != strv_length(b))
                return false;

        for (size_t i = 0; i < n; i++)
                if (!streq(a[i], b[i]))
                        return false;
        return true;
}

int strv_consume(char ***l, char *s) {
        if (!s)
                return -ENOMEM;

        size_t n = strv_length(*l);
        char **longer = reallocarray(*l, n + 2, sizeof(char *));
        if (!longer) {
                free(s);
                return -ENOMEM;
        }

        longer[n] = s;
        longer[n + 1] = NULL;
        *l = longer;
        return 0;
}

int strv_extend(char ***l, const char *s) {
        return strv_consume(l, strdup(s));
}

int strv_extendf(char ***l, const char *format, ...) {
        va_list ap;
        va_start(ap, format);
        char *s = xvasprintf(format, ap);
        va_end(ap);

        return strv_consume(l, s);
}

int strv_extend_strv(char ***l, char *const *other) {
        size_t n = strv_length(*l), m = strv_length(other);
        if (m == 0)
                return 0;

        _cleanup_strv_free_ char **copy = strv_copy(other);
        if (!copy)
                return -ENOMEM;

        char **longer = reallocarray(*l, n + m + 1, sizeof(char *));
        if (!longer)
                return -ENOMEM;

        memcpy(longer + n, copy, (m + 1) * sizeof(char *));
        *l = longer;
        copy[0] = NULL;
        return 0;
}

static int compare_strings(const void *a, const void *b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

void strv_sort_unique(char **l) {
        size_t n = strv_length(l), kept = 0;

        if (n == 0)
                return;
        qsort(l, n, sizeof(char *), compare_strings);
        for (size_t i = 0; i < n; i++)
                if (kept > 0 && streq(l[kept - 1], l[i]))
                        free(l[i]);
                else
                        l[kept++] = l[i];
        l[kept] = NULL;
}

int strv_split(const char *s, const char *separators, char ***ret) {
        size_t n = 1;
        for (const char *p = s; (p = strpbrk(p, separators)); p++)
                n++;

        _cleanup_strv_free_ char **l = calloc(n + 1, sizeof(char *));
        if (!l)
                return -ENOMEM;

        for (size_t i = 0; i < n; i++) {
                size_t len = strcspn(s, separators);
                l[i] = strndup(s, len);
                if (!l[i])
                        return -ENOMEM;
                s += len + 1;
        }

        *ret = TAKE_PTR(l);
        return 0;
}

char *strv_join(char *const *l, const char *separator) {
        _cleanup_(string_buf_done) StringBuf b = {};

        STRV_FOREACH(s, l) {
                if (s != l && string_buf_append(&b, separator) < 0)
                        return NULL;
                if (string_buf_append(&b, *s) < 0)
                        return NULL;
        }
        return string_buf_take(&b);
}

static bool name_length_is_valid(const char *name, size_t n) {
        static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

        return n > 0 && strspn(name, letters) > 0 &&
               strspn(name + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") >= n - 1;
}

bool env_name_is_valid(const char *name) {
        return name_length_is_valid(name, strlen(name));
}

/* The entry of the variable whose name is the first n bytes of name. */
static char **env_find(char *const *env, const char *name, size_t n) {
        STRV_FOREACH(s, env)
                if (strncmp(*s, name, n) == 0 && (*s)[n] == '=')
                        return (char **) s;
        return NULL;
}

int strv_env_set(char ***env, const char *assignment) {
        size_t n = strcspn(assignment, "=");
        if (assignment[n] != '=' || !name_length_is_valid(assignment, n))
                return -EINVAL;

        char **entry = env_find(*env, assignment, n);
        if (!entry)
                return strv_extend(env, assignment);

        char *copy = strdup(assignment);
        if (!copy)
                return -ENOMEM;

        free(*entry);
        *entry = copy;
        return 0;
}

const char *strv_env_get(char *const *env, const char *name) {
        size_t n = strlen(name);
        char **entry = env_find(env, name, n);

        return entry ? *entry + n + 1 : NULL;
}
