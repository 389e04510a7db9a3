/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>

#include "basic/fd-util.h"
#include "pod/spec-internal.h"

/* The environment of apps. What a user sets must be usable by systemd in the pod, which drops what is not:
 * names of letters, digits and "_", values in UTF-8. What is inherited is a mixed bag, of which the rest
 * is left out. */

#define ENVIRONMENT_FILE_MAX (4U * 1024 * 1024)

/* What the service manager says to this very process; meaningless or misleading in an app. */
static const char *const private_names[] = {
        "CREDENTIALS_DIRECTORY",
        "EXIT_CODE",
        "EXIT_STATUS",
        "FDSTORE",
        "INVOCATION_ID",
        "JOURNAL_STREAM",
        "LISTEN_FDNAMES",
        "LISTEN_FDS",
        "LISTEN_PID",
        "MAINPID",
        "MANAGERPID",
        "NOTIFY_SOCKET",
        "SERVICE_RESULT",
        "SYSTEMD_EXEC_PID",
        "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY",
        "SYSTEMD_SECCOMP",
        "WATCHDOG_PID",
        "WATCHDOG_USEC",
};

static bool name_is_private(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(private_names); i++)
                if (streq(private_names[i], name))
                        return true;

        return false;
}

static int environment_set(char ***env, const char *assignment, Diag *diag) {
        const char *equals = strchr(assignment, '=');

        if (!equals || !utf8_is_valid(assignment, strlen(assignment))) {
                _cleanup_free_ char *escaped = string_escape(assignment);

                return diag_set(diag, -EINVAL, "environment variable \"%s\" is not %s", strempty(escaped),
                                equals ? "valid UTF-8" : "of the form NAME=VALUE");
        }

        int r = strv_env_set(env, assignment);
        if (r == -EINVAL) {
                _cleanup_free_ char *name = strndup(assignment, (size_t) (equals - assignment));
                _cleanup_free_ char *escaped = name ? string_escape(name) : NULL;

                return diag_set(diag, r, "\"%s\" is no valid name of an environment variable",
                                strempty(escaped));
        }

        return r;
}

int environment_parse(const char *file, char *text, size_t size, char ***env, Diag *diag) {
        unsigned line = 0;

        if (strlen(text) != size)
                return diag_set_at(diag, -EINVAL, file, 0, 0, "NUL byte in environment file");

        for (char *rest = text, *l; (l = strsep(&rest, "\n"));) {
                _cleanup_diag_ Diag why = {};

                line++;
                if (!*l || *l == '#' || *l == ';')
                        continue;
                int r = environment_set(env, l, &why);
                if (r < 0)
                        return diag_set_at(diag, r, file, line, 0, "%s", why.message ?: strerror(-r));
        }

        return 0;
}

static int environment_file_read(const char *path, char ***env, Diag *diag) {
        _cleanup_free_ char *text = NULL;
        size_t size;

        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        int r = fd < 0 ? -errno : fd_read_all(fd, ENVIRONMENT_FILE_MAX, &text, &size);
        if (r < 0)
                return diag_errno(diag, r, "cannot read environment file \"%s\"", path);

        return environment_parse(path, text, size, env, diag);
}

int spec_common_environment(const PodSpec *s, char ***ret, Diag *diag) {
        _cleanup_strv_free_ char **env = NULL;
        int r;

        STRV_FOREACH(file, s->set_env_files) {
                r = environment_file_read(*file, &env, diag);
                if (r < 0)
                        return r;
        }
        STRV_FOREACH(e, s->set_env) {
                r = environment_set(&env, *e, diag);
                if (r < 0)
                        return r;
        }

        *ret = TAKE_PTR(env);
        return 0;
}

/* assignment: has been checked. */
static int list_set(NameValueList *list, const char *assignment, bool only_unset) {
        const char *equals = strchr(assignment, '=');
        _cleanup_free_ char *name = strndup(assignment, (size_t) (equals - assignment));

        if (!name)
                return -ENOMEM;
        if (only_unset && name_value_list_get(list, name))
                return 0;

        return name_value_list_set(list, name, equals + 1);
}

static int inherit(char *const *parent_env, NameValueList *env) {
        STRV_FOREACH(e, parent_env) {
                const char *equals = strchr(*e, '=');
                _cleanup_free_ char *name = equals ? strndup(*e, (size_t) (equals - *e)) : NULL;

                if (!name || !env_name_is_valid(name) || name_is_private(name) ||
                    !utf8_is_valid(*e, strlen(*e)))
                        continue;

                int r = list_set(env, *e, /* only_unset= */ true);
                if (r < 0)
                        return r;
        }

        return 0;
}

int spec_app_environment(const PodSpec *s, const AppSpec *a, char *const *common, char *const *parent_env,
                         NameValueList *env, Diag *diag) {
        _cleanup_strv_free_ char **own = NULL;
        int r;

        if (s->inherit_env) {
                r = inherit(parent_env, env);
                if (r < 0)
                        return r;
        }

        STRV_FOREACH(file, a->environment_files) {
                r = environment_file_read(*file, &own, diag);
                if (r < 0)
                        return r;
        }
        STRV_FOREACH(e, a->environment) {
                r = environment_set(&own, *e, diag);
                if (r < 0)
                        return r;
        }

        char *const *const layers[] = { common, own };
        for (size_t i = 0; i < ELEMENTSOF(layers); i++)
                STRV_FOREACH(e, layers[i]) {
                        r = list_set(env, *e, /* only_unset= */ false);
                        if (r < 0)
                                return r;
                }

        return 0;
}
