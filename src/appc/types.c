/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/types.h"

/* Names are checked by hand-written loops for the regular expressions of the specification: runs of
 * lower-case letters and digits with exactly one separator between two runs. So no accepted name has an
 * empty, "." or ".." segment, begins with a separator, or ends with one. Character classes are spelt out:
 * no locale has a say. */

static bool is_lower_alnum(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_hex(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_separated_runs(const char *s, const char *separators) {
        size_t n = strnlen(s, AC_NAME_MAX + 1);

        if (n == 0 || n > AC_NAME_MAX)
                return false;
        bool after_alnum = false;
        for (size_t i = 0; i < n; i++) {
                bool alnum = is_lower_alnum(s[i]);
                /* the specification's own example, "example.com/~user/app_v1", is not what its expression
                 * says */
                bool home = s[i] == '~' && i > 0 && s[i - 1] == '/';
                if (!alnum && !home && (!after_alnum || !strchr(separators, s[i])))
                        return false;
                after_alnum = alnum;
        }
        return after_alnum;
}

bool ac_name_is_valid(const char *s) {
        return is_separated_runs(s, "-");
}

bool ac_identifier_is_valid(const char *s) {
        return is_separated_runs(s, "-._~/");
}

int ac_name_sanitize(const char *s, char **ret) {
        StringBuf b = {};
        bool gap = false;
        int r = 0;

        for (; *s && b.size < APP_NAME_MAX && r >= 0; s++) {
                char c = *s >= 'A' && *s <= 'Z' ? (char) (*s - 'A' + 'a') : *s;

                if (!is_lower_alnum(c)) {
                        gap = b.size > 0;
                        continue;
                }
                /* a separator only where a run follows it within the limit */
                if (gap && b.size + 2 > APP_NAME_MAX)
                        break;
                if (gap)
                        r = string_buf_append_n(&b, "-", 1);
                if (r >= 0)
                        r = string_buf_append_n(&b, &c, 1);
                gap = false;
        }
        if (r >= 0 && b.size == 0)
                r = -EINVAL;
        if (r < 0) {
                string_buf_done(&b);
                return r;
        }
        char *name = string_buf_take(&b);
        if (!name)
                return -ENOMEM;
        *ret = name;
        return 0;
}

int ac_name_from_image(const char *image_name, char **ret) {
        const char *slash = strrchr(image_name, '/');

        return ac_name_sanitize(slash ? slash + 1 : image_name, ret);
}

bool image_id_is_valid(const char *s) {
        const char *hex = startswith(s, "sha512-");

        if (!hex || strnlen(hex, IMAGE_ID_HEX + 1) != IMAGE_ID_HEX)
                return false;
        for (size_t i = 0; i < IMAGE_ID_HEX; i++)
                if (!is_hex(hex[i]) || (hex[i] >= 'A' && hex[i] <= 'F'))
                        return false;
        return true;
}

bool image_id_is_prefix(const char *s) {
        const char *hex = startswith(s, "sha512-");

        if (!hex)
                return false;
        size_t n = strnlen(hex, IMAGE_ID_FULL_HEX + 1);
        if (n < 2 || n > IMAGE_ID_FULL_HEX)
                return false;
        for (size_t i = 0; i < n; i++)
                if (!is_hex(hex[i]))
                        return false;
        return true;
}

/* Names and values of both kinds of list: two owned strings. */
static int pair_set(char **name, char **value, const char *new_name, const char *new_value) {
        _cleanup_free_ char *n = strdup(new_name), *v = strdup(new_value);

        if (!n || !v)
                return -ENOMEM;
        free(*name);
        free(*value);
        *name = TAKE_PTR(n);
        *value = TAKE_PTR(v);
        return 0;
}

void name_value_list_done(NameValueList *l) {
        for (size_t i = 0; i < l->n; i++) {
                free(l->items[i].name);
                free(l->items[i].value);
        }
        free(l->items);
        *l = (NameValueList){};
}

static NameValue *name_value_list_find(const NameValueList *l, const char *name) {
        for (size_t i = 0; i < l->n; i++)
                if (streq(l->items[i].name, name))
                        return &l->items[i];
        return NULL;
}

int name_value_list_set(NameValueList *l, const char *name, const char *value) {
        NameValue fresh = {}, *old = name_value_list_find(l, name);

        if (old)
                return pair_set(&old->name, &old->value, name, value);

        NameValue *items = reallocarray(l->items, l->n + 1, sizeof(NameValue));
        if (!items)
                return -ENOMEM;
        l->items = items;
        int r = pair_set(&fresh.name, &fresh.value, name, value);
        if (r < 0)
                return r;
        l->items[l->n++] = fresh;
        return 0;
}

const char *name_value_list_get(const NameValueList *l, const char *name) {
        const NameValue *found = name_value_list_find(l, name);

        return found ? found->value : NULL;
}

int name_value_list_copy(const NameValueList *from, NameValueList *to) {
        NameValueList copy = {};

        if (from->n == 0)
                return 0;
        copy.items = calloc(from->n, sizeof(NameValue));
        if (!copy.items)
                return -ENOMEM;
        for (size_t i = 0; i < from->n; i++) {
                copy.n = i + 1;
                int r = pair_set(&copy.items[i].name, &copy.items[i].value, from->items[i].name,
                                 from->items[i].value);
                if (r < 0) {
                        name_value_list_done(&copy);
                        return r;
                }
        }
        *to = copy;
        return 0;
}

void isolator_list_done(IsolatorList *l) {
        for (size_t i = 0; i < l->n; i++) {
                free(l->items[i].name);
                free(l->items[i].value);
        }
        free(l->items);
        *l = (IsolatorList){};
}

static Isolator *isolator_list_find_last(const IsolatorList *l, const char *name) {
        for (size_t i = l->n; i > 0; i--)
                if (streq(l->items[i - 1].name, name))
                        return &l->items[i - 1];
        return NULL;
}

static int isolator_list_add(IsolatorList *l, const char *name, const char *value) {
        Isolator fresh = {}, *items = reallocarray(l->items, l->n + 1, sizeof(Isolator));

        if (!items)
                return -ENOMEM;
        l->items = items;
        int r = pair_set(&fresh.name, &fresh.value, name, value);
        if (r < 0)
                return r;
        l->items[l->n++] = fresh;
        return 0;
}

int isolator_list_set(IsolatorList *l, const char *name, const char *value) {
        Isolator *old = isolator_list_find_last(l, name);

        return old ? pair_set(&old->name, &old->value, name, value) : isolator_list_add(l, name, value);
}

const char *isolator_list_get(const IsolatorList *l, const char *name) {
        const Isolator *found = isolator_list_find_last(l, name);

        return found ? found->value : NULL;
}

int isolator_list_copy(const IsolatorList *from, IsolatorList *to) {
        IsolatorList copy = {};

        for (size_t i = 0; i < from->n; i++) {
                int r = isolator_list_add(&copy, from->items[i].name, from->items[i].value);
                if (r < 0) {
                        isolator_list_done(&copy);
                        return r;
                }
        }
        *to = copy;
        return 0;
}
