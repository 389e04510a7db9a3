/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>

#include "basic/fs-util.h"
#include "basic/parse-util.h"
#include "basic/process-util.h"
#include "basic/strv.h"
#include "stage1/app-process.h"
#include "stage1/cgroup.h"

/* Everything of /proc/PID is read between opening a pidfd and asking that pidfd whether the process still
 * lives: so all of it belongs to one process, whatever becomes of its number later. */

#define PROC_FILE_MAX (1024U * 1024U)
#define LIMIT_NAME_COLUMNS 26U

static int read_proc(pid_t pid, const char *name, char **ret) {
        _cleanup_free_ char *path = xasprintf("/proc/%d/%s", (int) pid, name);
        size_t size;

        return path ? file_read_at(AT_FDCWD, path, PROC_FILE_MAX, ret, &size) : -ENOMEM;
}

void app_process_done(AppProcess *p) {
        p->pidfd = safe_close(p->pidfd);
        free(p->cgroups);
        p->cgroups = NULL;
}

int app_process_check(const AppProcess *p) {
        struct pollfd poll_fd = { .fd = p->pidfd, .events = POLLIN };

        return poll(&poll_fd, 1, 0) == 0 ? 0 : -ESRCH;
}

int app_process_open(const AppProcess *p, const char *name, int flags) {
        _cleanup_free_ char *path = xasprintf("/proc/%d/%s", (int) p->pid, name);
        int fd;

        if (!path)
                return -ENOMEM;
        fd = open(path, flags | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int parse_limit(const char *word, rlim_t *ret) {
        uint64_t n;
        int r;

        if (streq(word, "unlimited")) {
                *ret = RLIM_INFINITY;
                return 0;
        }
        r = parse_u64(word, &n);
        if (r >= 0)
                *ret = n;
        return r;
}

/* "Max open files            1024                 524288               files": the name takes 25 columns
 * and a space, each value 20 and a space. */
static int parse_limit_line(const char *line, struct rlimit *ret) {
        _cleanup_free_ char *soft = NULL, *hard = NULL;
        const char *values;
        int r;

        if (strlen(line) < LIMIT_NAME_COLUMNS)
                return -EBADMSG;
        values = line + LIMIT_NAME_COLUMNS;
        soft = strndup(values, strcspn(values, " "));
        values += strcspn(values, " ");
        values += strspn(values, " ");
        hard = strndup(values, strcspn(values, " "));
        if (!soft || !hard)
                return -ENOMEM;
        r = parse_limit(soft, &ret->rlim_cur);
        return r < 0 ? r : parse_limit(hard, &ret->rlim_max);
}

int app_process_limits(const AppProcess *p, struct rlimit ret[RLIM_NLIMITS]) {
        _cleanup_strv_free_ char **lines = NULL;
        _cleanup_free_ char *text = NULL;
        int r;

        r = read_proc(p->pid, "limits", &text);
        if (r >= 0)
                r = strv_split(text, "\n", &lines);
        if (r < 0)
                return r;
        /* the first line is the heading */
        if (strv_length(lines) < 1 + RLIM_NLIMITS)
                return -EBADMSG;
        for (size_t i = 0; i < RLIM_NLIMITS; i++) {
                r = parse_limit_line(lines[1 + i], &ret[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The value of a field in /proc/PID/status, up to the end of the line. */
static char *status_field(const char *text, const char *name) {
        const char *at = strstr(text, name);

        if (!at)
                return NULL;
        at += strlen(name);
        at += strspn(at, "\t ");
        return strndup(at, strcspn(at, "\n"));
}

static int parse_hex(const char *s, uint64_t *ret) {
        uint64_t n = 0;

        if (!s || !*s || strspn(s, "0123456789abcdef") != strlen(s) || strlen(s) > 16)
                return -EBADMSG;
        for (; *s; s++)
                n = n << 4 | (uint64_t) (*s <= '9' ? *s - '0' : *s - 'a' + 10);
        *ret = n;
        return 0;
}

static int read_status(AppProcess *p) {
        _cleanup_free_ char *text = NULL, *bounding = NULL, *no_new_privileges = NULL, *seccomp = NULL;
        int r;

        r = read_proc(p->pid, "status", &text);
        if (r < 0)
                return r;
        bounding = status_field(text, "\nCapBnd:");
        no_new_privileges = status_field(text, "\nNoNewPrivs:");
        seccomp = status_field(text, "\nSeccomp:");
        if (!no_new_privileges || !seccomp)
                return -EBADMSG;
        p->no_new_privileges = !streq(no_new_privileges, "0");
        p->filtered = !streq(seccomp, "0");
        return parse_hex(bounding, &p->bounding);
}

/* Whether the process is in the app's own group, not in one that the app made. */
static int is_in_group(const char *cgroups, const char *group_end) {
        _cleanup_free_ char *path = NULL;
        int r;

        r = cgroup_unified_from_text(cgroups, &path);
        return r < 0 ? r : endswith(path, group_end) != NULL;
}

static int consider(pid_t pid, const char *group_end, AppProcess *best, uint64_t *best_time) {
        _cleanup_(app_process_done) AppProcess p = { .pid = pid, .pidfd = -EBADF };
        uint64_t time;
        int r;

        p.pidfd = pidfd_open_process(pid);
        if (p.pidfd < 0)
                return 0;
        r = read_proc(pid, "cgroup", &p.cgroups);
        if (r >= 0)
                r = is_in_group(p.cgroups, group_end);
        if (r <= 0)
                return r == -ENOMEM ? r : 0;

        r = process_start_time(pid, &time);
        if (r >= 0)
                r = read_status(&p);
        if (r >= 0)
                r = app_process_check(&p);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        if (best->pidfd >= 0 && *best_time <= time)
                return 0;
        app_process_done(best);
        *best = p;
        *best_time = time;
        p = (AppProcess) { .pidfd = -EBADF };
        return 0;
}

int app_process_find(pid_t init_pid, const char *app_name, AppProcess *ret, Diag *diag) {
        _cleanup_(app_process_done) AppProcess best = { .pidfd = -EBADF };
        _cleanup_free_ char *children = NULL, *name = NULL, *group_end = NULL;
        _cleanup_strv_free_ char **pids = NULL;
        uint64_t best_time = 0;
        int r;

        name = xasprintf("task/%d/children", (int) init_pid);
        group_end = strjoin("/", app_name, ".service", NULL);
        if (!name || !group_end)
                return -ENOMEM;
        r = read_proc(init_pid, name, &children);
        if (r >= 0)
                r = strv_split(children, " ", &pids);
        if (r < 0)
                return diag_errno(diag, r, "cannot look into the pod");

        STRV_FOREACH(word, pids) {
                uint32_t pid;

                if (parse_u32(*word, &pid) < 0 || pid > INT32_MAX)
                        continue;
                r = consider((pid_t) pid, group_end, &best, &best_time);
                if (r < 0)
                        return r;
        }
        if (best.pidfd < 0)
                return diag_set(diag, -ESRCH, "app \"%s\" is not running", app_name);

        *ret = best;
        best = (AppProcess) { .pidfd = -EBADF };
        return 0;
}
