/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/string-util.h"
#include "podfile/name.h"
#include "podfile/specifier.h"

/* An expansion can only bring in characters of a pod's name, and by %I also "/": see name.c. */

typedef int (*SpecifierFunc)(StringBuf *b, const char *pod_name);

static int append_percent(StringBuf *b, _unused_ const char *pod_name) {
        return string_buf_append(b, "%");
}

static int append_instance(StringBuf *b, const char *pod_name) {
        const char *instance = pod_name_instance(pod_name);

        return instance ? string_buf_append(b, instance) : -EINVAL;
}

/* A pod's name has no backslash, so "-" for "/" is all there is to unescape. */
static int append_instance_unescaped(StringBuf *b, const char *pod_name) {
        size_t start = b->size;
        int r;

        r = append_instance(b, pod_name);
        if (r < 0)
                return r;
        for (size_t i = start; i < b->size; i++)
                if (b->data[i] == '-')
                        b->data[i] = '/';
        return 0;
}

static int append_prefix(StringBuf *b, const char *pod_name) {
        return string_buf_append_n(b, pod_name, strcspn(pod_name, "@"));
}

static int append_unit_stem(StringBuf *b, const char *pod_name) {
        return string_buf_printf(b, "pod@%s", pod_name);
}

static int append_unit(StringBuf *b, const char *pod_name) {
        return string_buf_printf(b, "pod@%s.service", pod_name);
}

static const struct {
        char letter;
        SpecifierFunc append;
} specifiers[] = {
        { '%', append_percent },
        { 'i', append_instance },
        { 'I', append_instance_unescaped },
        { 'p', append_prefix },
        { 'N', append_unit_stem },
        { 'n', append_unit },
};

static SpecifierFunc specifier_find(char letter) {
        for (size_t i = 0; i < ELEMENTSOF(specifiers); i++)
                if (specifiers[i].letter == letter)
                        return specifiers[i].append;
        return NULL;
}

static int specifier_error(const char *percent, Diag *diag) {
        if (percent[1] == '\0')
                return diag_set(diag, -EINVAL, "\"%%\" at the end: write \"%%%%\" for a percent sign");
        if (percent[1] == 'i' || percent[1] == 'I')
                return diag_set(diag, -EINVAL, "\"%%%c\" has no value: this is no instance of a template",
                                percent[1]);
        if ((unsigned char) percent[1] <= 0x20 || (unsigned char) percent[1] >= 0x7f)
                return diag_set(diag, -EINVAL, "unknown specifier; write \"%%%%\" for a percent sign");
        return diag_set(diag, -EINVAL, "unknown specifier \"%%%c\"; write \"%%%%\" for a percent sign",
                        percent[1]);
}

int specifier_expand(const char *s, const char *pod_name, char **ret, Diag *diag) {
        _cleanup_(string_buf_done) StringBuf b = {};
        char *t;

        for (;;) {
                size_t n = strcspn(s, "%");
                SpecifierFunc append;
                int r;

                r = string_buf_append_n(&b, s, n);
                if (r < 0)
                        return r;
                s += n;
                if (*s == '\0')
                        break;

                append = specifier_find(s[1]);
                r = append ? append(&b, pod_name) : -EINVAL;
                if (r == -EINVAL)
                        return specifier_error(s, diag);
                if (r < 0)
                        return r;
                s += 2;
        }

        t = string_buf_take(&b);
        if (!t)
                return -ENOMEM;
        *ret = t;
        return 0;
}

static int append_verbatim_specifier(StringBuf *b, const char *percent, const char *pod_name) {
        if (percent[1] == 'i')
                return append_instance(b, pod_name);
        if (percent[1] == 'I')
                return append_instance_unescaped(b, pod_name);
        return string_buf_append_n(b, percent, strnlen(percent, 2));
}

int specifier_expand_instance(const char *s, const char *pod_name, char **ret) {
        _cleanup_(string_buf_done) StringBuf b = {};
        bool has_instance = pod_name_instance(pod_name);
        char *t;

        while (*s) {
                size_t n = has_instance ? strcspn(s, "%") : strlen(s);
                int r;

                r = string_buf_append_n(&b, s, n);
                if (r < 0)
                        return r;
                s += n;
                if (*s == '\0')
                        break;

                r = append_verbatim_specifier(&b, s, pod_name);
                if (r < 0)
                        return r;
                s += strnlen(s, 2);
        }

        t = string_buf_take(&b);
        if (!t)
                return -ENOMEM;
        *ret = t;
        return 0;
}
