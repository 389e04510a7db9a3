/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/magic.h>
#include <sys/vfs.h>

#include "basic/fs-util.h"
#include "basic/strv.h"
#include "stage1/cgroup.h"

/* A line of /proc/PID/cgroup is "ID:CONTROLLERS:PATH". "0::PATH" is the unified hierarchy, which systemd
 * uses alone or, on a hybrid host, beside the version 1 controllers; then it tells its units apart by
 * "N:name=systemd:PATH", and the unified path is the same or "/". */

#define CGROUP_FILE_MAX 65536
#define CGROUP_ROOT "/sys/fs/cgroup"

static const char *line_path(const char *line, const char *controllers) {
        const char *colon = strchr(line, ':');
        const char *rest = colon ? startswith(colon + 1, controllers) : NULL;

        return rest && *rest == ':' && rest[1] == '/' ? rest + 1 : NULL;
}

int cgroup_from_text(const char *text, char **ret) {
        const char *unified = NULL, *named = NULL, *found;

        for (const char *line = text; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                named = line_path(line, "name=systemd") ?: named;
                if (startswith(line, "0:"))
                        unified = line_path(line, "") ?: unified;
        }
        found = named ?: unified;
        if (!found)
                return -ENODATA;
        *ret = strndup(found, strcspn(found, "\n"));
        return *ret ? 0 : -ENOMEM;
}

int cgroup_of_process(pid_t pid, char **ret) {
        _cleanup_free_ char *path = xasprintf("/proc/%d/cgroup", (int) pid), *text = NULL;
        size_t size;
        int r;

        if (!path)
                return -ENOMEM;
        r = file_read_at(AT_FDCWD, path, CGROUP_FILE_MAX, &text, &size);
        return r < 0 ? r : cgroup_from_text(text, ret);
}

int cgroup_service(const char *cgroup, char **ret) {
        _cleanup_strv_free_ char **parts = NULL;
        _cleanup_(string_buf_done) StringBuf path = {};
        int r;

        *ret = NULL;
        r = strv_split(cgroup, "/", &parts);
        if (r < 0)
                return r;
        STRV_FOREACH(part, parts) {
                if (!**part)
                        continue;
                if (streq(*part, "user.slice") || endswith(*part, ".scope"))
                        return 0;
                r = string_buf_printf(&path, "/%s", *part);
                if (r < 0)
                        return r;
                if (endswith(*part, ".service")) {
                        *ret = string_buf_take(&path);
                        return *ret ? 0 : -ENOMEM;
                }
        }
        return 0;
}

bool cgroup_has_controller(const char *cgroup, const char *controller) {
        _cleanup_free_ char *path = NULL, *text = NULL;
        _cleanup_strv_free_ char **words = NULL;
        struct statfs fs;
        size_t size;

        if (statfs(CGROUP_ROOT, &fs) < 0 || (unsigned long) fs.f_type != CGROUP2_SUPER_MAGIC)
                return false;
        path = strjoin(CGROUP_ROOT, cgroup, "/cgroup.controllers", NULL);
        if (!path || file_read_at(AT_FDCWD, path, CGROUP_FILE_MAX, &text, &size) < 0)
                return false;
        return strv_split(text, " \n", &words) >= 0 && strv_contains(words, controller);
}
