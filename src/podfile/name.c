/* SPDX-License-Identifier: Apache-2.0 */

#include <limits.h>

#include "basic/string-util.h"
#include "podfile/name.h"

/* Every name here ends up in a unit name, a path, a machine name or a host name. The character sets are
 * closed lists, so that none of them can hold "/", white space, "%" or a control character. */

#define APP_NAME_MAX 512

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define POD_NAME_CHARS LETTERS DIGITS "_.@-"

static bool is_label_byte(char c) {
        return c && strchr(LETTERS DIGITS "-", c);
}

/* One label; n > 0 is its length. systemd and the DNS refuse "-" at either end. */
static bool label_is_valid(const char *s, size_t n) {
        if (n == 0 || s[0] == '-' || s[n - 1] == '-')
                return false;
        for (size_t i = 0; i < n; i++)
                if (!is_label_byte(s[i]))
                        return false;
        return true;
}

bool machine_name_is_valid(const char *s) {
        if (isempty(s) || strlen(s) > HOST_NAME_MAX)
                return false;

        for (;;) {
                size_t n = strcspn(s, ".");

                if (!label_is_valid(s, n))
                        return false;
                if (s[n] == '\0')
                        return true;
                s += n + 1;
        }
}

bool pod_name_fits_unit(const char *name) {
        size_t n = strlen(name);

        return n > 0 && n <= POD_NAME_MAX && strspn(name, POD_NAME_CHARS) == n;
}

int pod_name_to_machine(const char *name, char **ret) {
        char *m = strdup(name);

        if (!m)
                return -ENOMEM;
        for (char *p = m; *p; p++)
                if (*p == '@')
                        *p = '-';
        *ret = m;
        return 0;
}

int pod_name_check(const char *name, Diag *diag) {
        _cleanup_free_ char *machine = NULL, *escaped = string_escape(name);
        int r;

        if (!escaped)
                return -ENOMEM;
        if (!pod_name_fits_unit(name))
                return diag_set(diag, -EINVAL, "invalid pod name \"%s\": a name has 1 to %d letters, digits, "
                                "\".\", \"-\" and \"@\"", escaped, POD_NAME_MAX);
        if (endswith(name, "@"))
                return diag_set(diag, -EINVAL, "\"%s\" is a template: give an instance, as in \"%s1\"", name,
                                name);

        r = pod_name_to_machine(name, &machine);
        if (r < 0)
                return r;
        if (!machine_name_is_valid(machine))
                return diag_set(diag, -EINVAL,
                                "invalid pod name \"%s\": \"%s\" is no valid machine name (labels of "
                                "letters, digits and \"-\", separated by single dots)",
                                name, machine);
        return 0;
}

bool pod_name_is_valid(const char *name) {
        return pod_name_check(name, NULL) >= 0;
}

bool pod_name_is_template(const char *name) {
        _cleanup_free_ char *instance = NULL;
        const char *at = strchr(name, '@');

        if (!at || at[1] != '\0')
                return false;

        instance = strjoin(name, "1", NULL);
        return instance && pod_name_is_valid(instance);
}

const char *pod_name_instance(const char *name) {
        const char *at = strchr(name, '@');

        return at ? at + 1 : NULL;
}

int pod_name_template(const char *name, char **ret) {
        const char *instance = pod_name_instance(name);
        char *t;

        if (!instance)
                return -EINVAL;

        t = strndup(name, (size_t) (instance - name));
        if (!t)
                return -ENOMEM;
        *ret = t;
        return 0;
}

bool app_name_is_valid(const char *s) {
        size_t n = strlen(s);

        if (n == 0 || n > APP_NAME_MAX || s[0] == '-' || s[n - 1] == '-' || strstr(s, "--"))
                return false;
        return strspn(s, "abcdefghijklmnopqrstuvwxyz" DIGITS "-") == n;
}
