/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/parse-util.h"
#include "basic/path-util.h"
#include "stage1/plan.h"

/* The program of an app, and the settings of its unit that only a pod file can make. */

static const char *const restart_words[] = {
        "no", "always", "on-success", "on-failure", "on-abnormal", "on-abort", "on-watchdog",
};

static bool is_executable(int rootfs_fd, const char *path) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        fd = open_in_root(rootfs_fd, path, O_PATH | O_CLOEXEC, 0);
        return fd >= 0 && fstat(fd, &st) >= 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

/* A bare name is looked for in the PATH that the app will have. */
static int search_path(const App *app, char ***ret) {
        return strv_split(name_value_list_get(&app->environment, "PATH") ?: PATH_DEFAULT, ":", ret);
}

static int search_program(int rootfs_fd, const App *app, const AppPlan *a, char **ret, Diag *diag) {
        _cleanup_free_ char *escaped = NULL, *joined = NULL, *escaped_dirs = NULL;
        _cleanup_strv_free_ char **dirs = NULL;
        int r;

        r = search_path(app, &dirs);
        if (r < 0)
                return r;
        STRV_FOREACH(dir, dirs) {
                _cleanup_free_ char *base = NULL, *path = NULL;

                base = path_is_absolute(*dir) ? strdup(*dir) : path_join(a->working_directory, *dir);
                path = base ? path_join(base, app->exec[0]) : NULL;
                if (!path)
                        return -ENOMEM;
                if (is_executable(rootfs_fd, path)) {
                        *ret = TAKE_PTR(path);
                        return 0;
                }
        }
        escaped = string_escape(app->exec[0]);
        joined = strv_join(dirs, ":");
        escaped_dirs = string_escape(strempty(joined));
        return diag_set(diag, -ENOENT, "unable to find \"%s\" in \"%s\"", strempty(escaped),
                        strempty(escaped_dirs));
}

int app_plan_exec(int rootfs_fd, const App *app, AppPlan *ret, Diag *diag) {
        _cleanup_free_ char *path = NULL;
        const char *program;
        int r;

        if (strv_length(app->exec) == 0 || isempty(app->exec[0]))
                return diag_set(diag, -EINVAL, "image \"%s\" has an empty \"exec\" (try --exec=BINARY)",
                                strempty(ret->image_name));
        program = app->exec[0];
        if (path_is_absolute(program))
                path = strdup(program);
        else if (strchr(program, '/'))
                path = path_join(ret->working_directory, program);
        else {
                r = search_program(rootfs_fd, app, ret, &path, diag);
                if (r < 0)
                        return r;
        }
        if (!path)
                return -ENOMEM;

        ret->exec = strv_copy(app->exec);
        if (!ret->exec)
                return -ENOMEM;
        free(ret->exec[0]);
        ret->exec[0] = path_simplify(TAKE_PTR(path));
        return 0;
}

static int parse_app_names(const PlanInput *in, const char *self, const char *value, char ***ret,
                           Diag *diag) {
        _cleanup_strv_free_ char **words = NULL;
        int r;

        if (!value)
                return 0;
        r = strv_split(value, " ", &words);
        if (r < 0)
                return r;
        STRV_FOREACH(word, words) {
                if (!**word)
                        continue;
                if (streq(*word, self) || !pod_manifest_find_app(in->manifest, *word)) {
                        _cleanup_free_ char *escaped = string_escape(*word);
                        return diag_set(diag, -EBADMSG, "\"%s\" is not another app of the pod",
                                        strempty(escaped));
                }
                r = strv_extend(ret, *word);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int parse_restart(const char *value, char **ret, Diag *diag) {
        if (!value)
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(restart_words); i++)
                if (streq(value, restart_words[i])) {
                        *ret = strdup(value);
                        return *ret ? 0 : -ENOMEM;
                }
        return diag_set(diag, -EBADMSG, "annotation \"%s\" has a bad value", ANNOTATION_UNIT_RESTART);
}

int app_plan_unit_settings(const PlanInput *in, const RuntimeApp *ra, AppPlan *ret, Diag *diag) {
        const char *usec = name_value_list_get(&ra->annotations, ANNOTATION_UNIT_RESTART_SEC);
        int r;

        ret->restart_usec = USEC_INFINITY;
        if (usec && parse_sec(usec, &ret->restart_usec) < 0)
                return diag_set(diag, -EBADMSG, "annotation \"%s\" is not a time span",
                                ANNOTATION_UNIT_RESTART_SEC);
        r = parse_restart(name_value_list_get(&ra->annotations, ANNOTATION_UNIT_RESTART), &ret->restart,
                          diag);
        if (r >= 0)
                r = parse_app_names(in, ra->name, name_value_list_get(&ra->annotations,
                                                                      ANNOTATION_UNIT_AFTER),
                                    &ret->after, diag);
        if (r >= 0)
                r = parse_app_names(in, ra->name,
                                    name_value_list_get(&ra->annotations, ANNOTATION_UNIT_REQUIRES),
                                    &ret->requires, diag);
        return r;
}
