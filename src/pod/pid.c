/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>

#include "basic/fs-util.h"
#include "basic/parse-util.h"
#include "basic/process-util.h"
#include "layout/pods.h"
#include "pod/lifecycle.h"
#include "pod/pid.h"
#include "pod/pod-internal.h"
#include "pod/watch.h"

/* The pod's PID 1. stage1 writes "pid", or "ppid": the process of which PID 1 is, or will be, the only
 * child. While it is being set up that one child may still be a helper, which is not PID 1 of any
 * namespace. */

/* How long a pod may take from its start to its PID 1, and how often to look for a child, which no event
 * tells. */
#define PID_TIMEOUT_USEC (15 * USEC_PER_SEC)
#define PID_POLL_USEC (20 * USEC_PER_MSEC)

#define PROC_STATUS_MAX 65536

static int read_pid_file(const Pod *p, const char *name, pid_t *ret) {
        _cleanup_free_ char *text = NULL;
        uint32_t pid;

        int r = pod_read_word(p, name, &text);
        if (r < 0)
                return r;
        if (isempty(text)) /* created, not written yet */
                return -ENOENT;
        if (parse_u32(text, &pid) < 0 || pid == 0 || pid > INT32_MAX)
                return -EBADMSG;

        *ret = (pid_t) pid;
        return 0;
}

int pod_read_pid(const Pod *p, pid_t *ret) {
        int r = read_pid_file(p, POD_PID_FILE, ret);

        return r == -ENOENT ? read_pid_file(p, POD_PPID_FILE, ret) : r;
}

/* Whether it is PID 1 of its own namespace: the last number of NSpid. */
static bool is_pid_one(pid_t pid) {
        _cleanup_free_ char *path = xasprintf("/proc/%d/status", (int) pid), *text = NULL;

        if (!path || file_read_at(AT_FDCWD, path, PROC_STATUS_MAX, &text, NULL) < 0)
                return false;

        char *line = strstr(text, "\nNSpid:");
        if (!line)
                return false;
        line++;
        line[strcspn(line, "\n")] = 0;
        return endswith(line, "\t1");
}

int pod_find_pid(const Pod *p, pid_t *ret) {
        pid_t ppid, pid;

        int r = read_pid_file(p, POD_PID_FILE, ret);
        if (r != -ENOENT)
                return r;

        r = read_pid_file(p, POD_PPID_FILE, &ppid);
        if (r < 0)
                return r == -ENOENT ? -EAGAIN : r;
        r = process_single_child(ppid, &pid);
        if (r == -ESRCH || r == -EBUSY || (r >= 0 && !is_pid_one(pid)))
                return -EAGAIN;
        if (r < 0)
                return r;

        *ret = pid;
        return 0;
}

int pod_get_pid(Pod *p, pid_t *ret, Diag *diag) {
        _cleanup_(pod_watch_freep) PodWatch *w = NULL;
        usec_t end = now_usec(CLOCK_MONOTONIC) + PID_TIMEOUT_USEC;

        for (;;) {
                PodState state;
                pid_t pid = 0;

                int found = pod_find_pid(p, &pid);
                /* Only now: what the files say of a pod that has ended since may be somebody else. */
                int r = pod_refresh(p, &state);
                if (r < 0 || state != POD_RUNNING)
                        return diag_set(diag, -ESRCH, "pod \"%s\" isn't currently running", pod_uuid(p));
                if (found >= 0) {
                        *ret = pid;
                        return 0;
                }
                if (found != -EAGAIN)
                        return diag_errno(diag, found, "unable to determine the pid for pod \"%s\"",
                                          pod_uuid(p));

                usec_t now = now_usec(CLOCK_MONOTONIC);
                if (now >= end)
                        return diag_set(diag, -ESRCH, "unable to determine the pid for pod \"%s\": it has no "
                                        "process 1 yet", pod_uuid(p));

                r = w ? 0 : pod_watch_new(p, &w);
                if (r >= 0)
                        r = pod_watch_wait(w, MIN(end, now + PID_POLL_USEC));
                if (r < 0 && r != -ETIMEDOUT)
                        return diag_errno(diag, r, "cannot wait for pod \"%s\"", pod_uuid(p));
        }
}
