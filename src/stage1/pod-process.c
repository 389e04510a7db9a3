/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/parse-util.h"
#include "basic/process-util.h"
#include "layout/pods.h"
#include "stage1/pod-process.h"

#define PID_FILE_MAX 32

static int read_ppid(int pod_fd, pid_t *ret) {
        _cleanup_free_ char *text = NULL;
        uint32_t pid;
        size_t size;
        int r;

        r = file_read_at(pod_fd, POD_PPID_FILE, PID_FILE_MAX, &text, &size);
        if (r < 0)
                return r;
        if (parse_u32(strstrip(text), &pid) < 0 || pid < 2 || pid > INT32_MAX)
                return -EBADMSG;
        *ret = (pid_t) pid;
        return 0;
}

static int compare_entry(int dir_fd, const char *name, unsigned char type, void *userdata) {
        const struct stat *pod = userdata;
        struct stat st;

        /* follows the link: the open file itself */
        if (fstatat(dir_fd, name, &st, 0) < 0)
                return 0;
        return st.st_dev == pod->st_dev && st.st_ino == pod->st_ino ? -EEXIST : 0;
}

static bool has_pod_open(pid_t pid, int pod_fd) {
        _cleanup_free_ char *path = xasprintf("/proc/%d/fd", (int) pid);
        _cleanup_close_ int dir_fd = -EBADF;
        struct stat st;

        if (!path || fstat(pod_fd, &st) < 0)
                return false;
        dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return dir_fd >= 0 && dir_foreach(dir_fd, compare_entry, &st) == -EEXIST;
}

int pod_process_open(int pod_fd, pid_t *ret_pid, Diag *diag) {
        _cleanup_close_ int fd = -EBADF;
        pid_t pid;
        int r;

        r = read_ppid(pod_fd, &pid);
        if (r < 0)
                return diag_errno(diag, r == -ENOENT ? -ESRCH : r, "cannot determine the process of the pod");
        fd = pidfd_open_process(pid);
        if (fd < 0 || !has_pod_open(pid, pod_fd))
                return diag_set(diag, -ESRCH, "the pod is not running");

        *ret_pid = pid;
        return TAKE_FD(fd);
}
