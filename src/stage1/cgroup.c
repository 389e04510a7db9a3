/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/magic.h>
#include <sys/vfs.h>

#include "basic/fs-util.h"
#include "basic/strv.h"
#include "stage1/cgroup.h"

/* A line of /proc/PID/cgroup is "ID:CONTROLLERS:PATH". "0::PATH" is the unified hierarchy, which systemd
 * uses alone or, on a hybrid host, beside the version 1 controllers. Only where there is none of it does
 * systemd tell its units apart by "N:name=systemd:PATH". */

#define CGROUP_FILE_MAX 65536
#define CGROUP_ROOT "/sys/fs/cgroup"

static const char *line_path(const char *line, const char *controllers) {
        const char *colon = strchr(line, ':');
        const char *rest = colon ? startswith(colon + 1, controllers) : NULL;

        return rest && *rest == ':' && rest[1] == '/' ? rest + 1 : NULL;
}

static const char *find_path(const char *text, const char *controllers) {
        for (const char *line = text; line; line = strchr(line, '\n')) {
                const char *path;

                line += *line == '\n';
                path = line_path(line, controllers);
                /* no controllers: only "0::" is meant, not a named hierarchy without a name */
                if (path && (*controllers || startswith(line, "0:")))
                        return path;
        }
        return NULL;
}

static int copy_line(const char *path, char **ret) {
        if (!path)
                return -ENODATA;
        *ret = strndup(path, strcspn(path, "\n"));
        return *ret ? 0 : -ENOMEM;
}

static bool is_root(const char *path) {
        return !path || strcspn(path, "\n") <= 1;
}

int cgroup_from_text(const char *text, char **ret) {
        const char *unified = find_path(text, ""), *named = find_path(text, "name=systemd");

        /* A hierarchy that nobody uses has everybody in its root. */
        return copy_line(is_root(unified) && !is_root(named) ? named : unified ?: named, ret);
}

int cgroup_unified_from_text(const char *text, char **ret) {
        return copy_line(find_path(text, ""), ret);
}

static bool is_cgroup2(const char *path) {
        struct statfs fs;

        return statfs(path, &fs) >= 0 && (unsigned long) fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* Where systemd mounts the hierarchy with these controllers. */
static char *hierarchy_mount(const char *controllers) {
        if (*controllers)
                return strjoin(CGROUP_ROOT "/", startswith(controllers, "name=") ?: controllers, NULL);
        return strdup(is_cgroup2(CGROUP_ROOT) ? CGROUP_ROOT : CGROUP_ROOT "/unified");
}

static int open_procs(const char *line) {
        _cleanup_strv_free_ char **fields = NULL;
        _cleanup_free_ char *mount = NULL, *path = NULL;
        const char *group;
        int fd, r;

        r = strv_split(line, ":", &fields);
        if (r < 0)
                return r;
        if (strv_length(fields) < 3)
                return -EBADMSG;
        /* the path may have ":" itself */
        group = line + strlen(fields[0]) + strlen(fields[1]) + 2;

        mount = hierarchy_mount(fields[1]);
        path = mount ? strjoin(mount, group, "/cgroup.procs", NULL) : NULL;
        if (!path)
                return -ENOMEM;
        fd = open(path, O_WRONLY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

int cgroup_open_procs(const char *text, int ret_fds[CGROUP_HIERARCHIES_MAX], size_t *ret_n) {
        _cleanup_strv_free_ char **lines = NULL;
        size_t n = 0;
        int r;

        r = strv_split(text, "\n", &lines);
        STRV_FOREACH(line, lines) {
                if (r < 0 || !**line)
                        continue;
                r = n < CGROUP_HIERARCHIES_MAX ? open_procs(*line) : -E2BIG;
                /* a hierarchy that systemd has not mounted: nobody is limited by it */
                if (r == -ENOENT && !startswith(*line, "0:"))
                        r = 0;
                else if (r >= 0)
                        ret_fds[n++] = r;
        }
        if (r < 0)
                while (n > 0)
                        (void) safe_close(ret_fds[--n]);
        *ret_n = n;
        return r < 0 ? r : 0;
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
        size_t size;

        if (!is_cgroup2(CGROUP_ROOT))
                return false;
        path = strjoin(CGROUP_ROOT, cgroup, "/cgroup.controllers", NULL);
        if (!path || file_read_at(AT_FDCWD, path, CGROUP_FILE_MAX, &text, &size) < 0)
                return false;
        return strv_split(text, " \n", &words) >= 0 && strv_contains(words, controller);
}
