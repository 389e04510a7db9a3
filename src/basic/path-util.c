/* SPDX-License-Identifier: Apache-2.0 */

#include <limits.h>

#include "basic/path-util.h"

/* The next component of *p, which is advanced past it: its length, 0 at the end. Slashes and "." are
 * skipped. */
static size_t next_component(const char **p, const char **ret) {
        for (;;) {
                *p += strspn(*p, "/");

                size_t n = strcspn(*p, "/");
                const char *start = *p;
                *p += n;
                if (n == 1 && start[0] == '.')
                        continue;

                *ret = start;
                return n;
        }
}

bool path_is_absolute(const char *p) {
        return p[0] == '/';
}

static bool is_dot_or_dot_dot(const char *s, size_t n) {
        return (n == 1 || n == 2) && strncmp(s, "..", n) == 0;
}

bool path_is_normalized(const char *p) {
        if (streq(p, "/"))
                return true;
        if (p[0] == '/')
                p++;

        for (;;) {
                size_t n = strcspn(p, "/");
                if (n == 0 || is_dot_or_dot_dot(p, n))
                        return false;
                if (p[n] == '\0')
                        return true;
                p += n + 1;
        }
}

bool filename_is_valid(const char *name) {
        size_t n = strlen(name);

        return n > 0 && n <= NAME_MAX && !is_dot_or_dot_dot(name, n) && !strchr(name, '/');
}

char *path_join(const char *base, const char *rest) {
        size_t n = strlen(base);
        while (n > 0 && base[n - 1] == '/')
                n--;

        rest += strspn(rest, "/");
        if (*rest == '\0')
                return strdup(*base == '\0' ? "" : n == 0 ? "/" : base);
        if (*base == '\0')
                return strdup(rest);
        return xasprintf("%.*s/%s", (int) n, base, rest);
}

char *path_simplify(char *p) {
        bool absolute = path_is_absolute(p);
        if (*p == '\0')
                return p;

        const char *from = p, *component;
        char *to = p + absolute;
        size_t n;
        while ((n = next_component(&from, &component)) > 0) {
                if (to > p + absolute)
                        *to++ = '/';
                memmove(to, component, n);
                to += n;
        }
        if (to == p)
                *to++ = '.';
        *to = '\0';

        return p;
}

int path_make_absolute_cwd(const char *p, char **ret) {
        _cleanup_free_ char *cwd = NULL;
        if (!path_is_absolute(p)) {
                cwd = get_current_dir_name();
                if (!cwd)
                        return -errno;
        }

        char *absolute = cwd ? path_join(cwd, p) : strdup(p);
        if (!absolute)
                return -ENOMEM;

        *ret = path_simplify(absolute);
        return 0;
}

bool path_is_under(const char *p, const char *dir) {
        if (path_is_absolute(p) != path_is_absolute(dir))
                return false;

        for (;;) {
                const char *a, *b;
                size_t m = next_component(&dir, &b);
                if (m == 0)
                        return true;

                size_t n = next_component(&p, &a);
                if (n != m || memcmp(a, b, n) != 0)
                        return false;
        }
}

const char *path_basename(const char *p) {
        const char *slash = strrchr(p, '/');

        return slash ? slash + 1 : p;
}
