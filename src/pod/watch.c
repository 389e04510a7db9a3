/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/wait.h>

#include "basic/process-util.h"
#include "layout/pods.h"
#include "layout/stage1.h"
#include "pod/pod-internal.h"
#include "pod/watch.h"

/* Two sources of events. Names that come and go are told by inotify: in the directory of the phase (the
 * pod is moved), in the pod's directory (stage1 writes its pid), in that of stage1's ready file. The end
 * of a pod is told by its lock alone, and nothing but a process that waits for a lock gets to know of
 * that: a child blocks in flock(2), on a description of its own, and its end is the event. */

struct PodWatch {
        Pod *pod;       /* borrowed */
        int inotify_fd;
        pid_t child;    /* that waits for the lock; 0: none */
        int child_fd;   /* pidfd */
        bool armed;
        bool at_ready;  /* the ready file's directory is watched */
        PodPhase phase; /* whose directory is watched, with phase_wd */
        int phase_wd;
};

#define NAME_EVENTS (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR)

int pod_watch_new(Pod *p, PodWatch **ret) {
        _cleanup_(pod_watch_freep) PodWatch *w = calloc(1, sizeof(*w));

        if (!w)
                return -ENOMEM;

        *w = (PodWatch) {
                .pod = p,
                .child_fd = -EBADF,
                .phase_wd = -1,
                .inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK),
        };
        if (w->inotify_fd < 0)
                return -errno;

        *ret = TAKE_PTR(w);
        return 0;
}

static void stop_child(PodWatch *w) {
        if (w->child > 0)
                process_kill_wait(w->child);
        w->child = 0;
        w->child_fd = safe_close(w->child_fd);
}

PodWatch *pod_watch_free(PodWatch *w) {
        if (w) {
                stop_child(w);
                safe_close(w->inotify_fd);
                free(w);
        }

        return NULL;
}

static int watch_fd(PodWatch *w, int fd) {
        char path[64];

        (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        int wd = inotify_add_watch(w->inotify_fd, path, NAME_EVENTS);
        return wd < 0 ? -errno : wd;
}

static int watch_phase(PodWatch *w) {
        if (w->phase_wd >= 0 && w->phase == w->pod->phase)
                return 0;

        _cleanup_close_ int fd = openat(w->pod->data_dir_fd, pod_phase_directory(w->pod->phase),
                                        O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        if (w->phase_wd >= 0)
                (void) inotify_rm_watch(w->inotify_fd, w->phase_wd);

        w->phase_wd = watch_fd(w, fd);
        w->phase = w->pod->phase;
        return w->phase_wd < 0 ? w->phase_wd : 0;
}

/* Made when the pod is mounted; the files of its directory tell when to look again. */
static int watch_ready(PodWatch *w) {
        _cleanup_close_ int root = -EBADF;

        if (w->at_ready || w->pod->phase != POD_PHASE_RUN)
                return 0;

        int r = pod_open_stage1_files(w->pod, &root);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        _cleanup_free_ char *dir = strndup(STAGE1_READY_PATH, (size_t) (strrchr(STAGE1_READY_PATH, '/') -
                                                                         STAGE1_READY_PATH));
        if (!dir)
                return -ENOMEM;
        _cleanup_close_ int fd = openat(root, dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;

        r = watch_fd(w, fd);
        w->at_ready = r >= 0;
        return r < 0 ? r : 0;
}

/* In a child of the same privileges, which holds nothing but this. */
static int wait_for_lock(const Pod *p) {
        int r = process_die_with_parent();
        if (r < 0)
                return r;

        int fd = openat(p->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? -errno : lock_wait(fd, LOCK_SHARED, USEC_INFINITY);
}

static int start_child(PodWatch *w) {
        if (w->child > 0)
                return 0;

        pid_t pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                (void) signal(SIGTERM, SIG_DFL);
                _exit(wait_for_lock(w->pod) < 0);
        }

        w->child = pid;
        w->child_fd = pidfd_open_process(pid);
        return w->child_fd < 0 ? w->child_fd : 0;
}

static bool is_locked_state(PodState s) {
        return s == POD_PREPARING || s == POD_RUNNING || s == POD_EXITED_DELETING ||
               s == POD_GARBAGE_DELETING;
}

int pod_watch_arm(PodWatch *w) {
        PodState state;
        int r;

        /* The phase may change between finding out and watching; once it is the one watched, no move is
         * missed. */
        do {
                r = pod_follow(w->pod);
                if (r < 0)
                        return r;
                r = watch_phase(w);
                if (r < 0)
                        return r;
                r = pod_refresh(w->pod, &state);
                if (r < 0)
                        return r;
        } while (w->pod->phase != w->phase);

        r = watch_fd(w, w->pod->fd);
        if (r >= 0)
                r = watch_ready(w);
        if (r >= 0 && is_locked_state(state))
                r = start_child(w);
        w->armed = r >= 0;
        return r < 0 ? r : 0;
}

static void drain(int fd) {
        char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

        while (read(fd, buf, sizeof(buf)) > 0)
                ;
}

int pod_watch_wait(PodWatch *w, usec_t deadline) {
        if (!w->armed) {
                int r = pod_watch_arm(w);
                if (r < 0)
                        return r;
        }

        struct pollfd fds[] = {
                { .fd = w->inotify_fd, .events = POLLIN },
                { .fd = w->child_fd, .events = POLLIN }, /* negative: ignored */
        };
        usec_t now = now_usec(CLOCK_MONOTONIC), left = deadline > now ? deadline - now : 0;
        const struct timespec ts = {
                .tv_sec = (time_t) (left / USEC_PER_SEC),
                .tv_nsec = (long) (left % USEC_PER_SEC * 1000),
        };

        int n = ppoll(fds, ELEMENTSOF(fds), deadline == USEC_INFINITY ? NULL : &ts, NULL);
        if (n < 0)
                return errno == EINTR ? 0 : -errno;

        w->armed = false;
        if (fds[0].revents)
                drain(w->inotify_fd);
        if (w->child > 0 && fds[1].revents)
                stop_child(w);
        return n == 0 ? -ETIMEDOUT : 0;
}
