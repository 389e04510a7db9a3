/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "basic/fd-util.h"
#include "basic/macro.h"
#include "basic/parse-util.h"
#include "basic/process-util.h"
#include "basic/strv.h"

#define PROC_FILE_MAX ((size_t) 64 * 1024)
/* Where the start time stands in /proc/PID/stat, counting from the field after the command name; proc(5). */
#define STAT_START_TIME 19
#define OPEN_FILES_WANTED 1024

int process_die_with_parent(void) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
                return -errno;
        return 0;
}

/* The descriptors 0, 1, 2 as asked for. Sources may be among 0, 1, 2 themselves: they are moved out of the
 * way before anything is put in its place. */
static int child_arrange_stdio(const SpawnArgs *a) {
        int sources[] = { a->stdin_fd, a->stdout_fd, a->stderr_fd >= 0 ? a->stderr_fd : STDERR_FILENO };

        for (size_t i = 0; i < ELEMENTSOF(sources); i++) {
                sources[i] = sources[i] >= 0 ? fcntl(sources[i], F_DUPFD_CLOEXEC, 3)
                                             : open("/dev/null", O_RDWR | O_CLOEXEC);
                if (sources[i] < 0)
                        return -errno;
        }
        for (size_t i = 0; i < ELEMENTSOF(sources); i++)
                if (dup3(sources[i], (int) i, 0) < 0 && errno != EINVAL)
                        return -errno;
        return 0;
}

static int child_reset_signals(void) {
        struct sigaction sa = { .sa_handler = SIG_DFL };

        for (int sig = 1; sig <= SIGRTMAX; sig++)
                if (sigaction(sig, &sa, NULL) < 0 && errno != EINVAL) /* KILL, STOP and libc's own */
                        return -errno;

        sigset_t none;
        sigemptyset(&none);
        return sigprocmask(SIG_SETMASK, &none, NULL) < 0 ? -errno : 0;
}

/* In the forked child, with the privileges of the parent. Only returns on failure. keep: args' fds and the
 * pipe over which the failure is told. */
static int child_exec(const SpawnArgs *a, pid_t parent, const int *keep, size_t n_keep) {
        static char *const default_env[] = {
                (char *) "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                (char *) "LANG=C.UTF-8",
                NULL,
        };

        int r = process_die_with_parent();
        if (r >= 0 && getppid() != parent) /* gone before we asked to be told */
                r = -ESRCH;
        if (r >= 0)
                r = child_reset_signals();
        if (r >= 0)
                r = child_arrange_stdio(a);
        for (size_t i = 0; i < a->n_keep_fds && r >= 0; i++)
                r = fd_set_cloexec(a->keep_fds[i], false);
        if (r >= 0)
                r = fd_close_others(keep, n_keep);
        if (r >= 0 && chdir(a->cwd ?: "/") < 0)
                r = -errno;
        if (r < 0)
                return r;

        execve(a->path, a->argv, a->envp ?: default_env);
        return -errno;
}

/* Waits until the pipe is closed by a successful exec; else the child's errno. */
static int read_exec_error(int fd) {
        int error;
        ssize_t k;

        do
                k = read(fd, &error, sizeof(error));
        while (k < 0 && errno == EINTR);
        if (k < 0)
                return -errno;
        return k == sizeof(error) ? error : 0;
}

int process_spawn(const SpawnArgs *a, pid_t *ret) {
        int pipe_fds[2];
        if (pipe2(pipe_fds, O_CLOEXEC) < 0)
                return -errno;
        _cleanup_close_ int read_fd = pipe_fds[0], write_fd = pipe_fds[1];

        /* Above 2, as the child puts others at 0, 1, 2. */
        _cleanup_close_ int error_fd = fcntl(write_fd, F_DUPFD_CLOEXEC, 3);
        if (error_fd < 0)
                return -errno;
        write_fd = safe_close(write_fd);

        _cleanup_free_ int *keep = calloc(a->n_keep_fds + 1, sizeof(int));
        if (!keep)
                return -ENOMEM;
        if (a->n_keep_fds > 0)
                memcpy(keep, a->keep_fds, a->n_keep_fds * sizeof(int));
        keep[a->n_keep_fds] = error_fd;

        pid_t parent = getpid(), pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                int error = child_exec(a, parent, keep, a->n_keep_fds + 1);
                (void) fd_write_all(error_fd, &error, sizeof(error));
                _exit(127);
        }

        error_fd = safe_close(error_fd);
        int r = read_exec_error(read_fd);
        if (r < 0) {
                process_kill_wait(pid);
                return r;
        }

        *ret = pid;
        return 0;
}

static int reap(pid_t pid, int *ret_code) {
        int status;

        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        if (ret_code)
                *ret_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return 0;
}

/* 0 once the process has ended. */
static int wait_end(pid_t pid, usec_t timeout_usec) {
        _cleanup_close_ int fd = pidfd_open_process(pid);
        if (fd < 0)
                return fd;

        usec_t now = now_usec(CLOCK_MONOTONIC);
        usec_t end = timeout_usec < USEC_INFINITY - now ? now + timeout_usec : USEC_INFINITY;
        for (;;) {
                usec_t left = end - MIN(end, now_usec(CLOCK_MONOTONIC));
                struct timespec ts = {
                        .tv_sec = (time_t) (left / USEC_PER_SEC),
                        .tv_nsec = (long) (left % USEC_PER_SEC) * 1000,
                };
                struct pollfd p = { .fd = fd, .events = POLLIN };
                int r = ppoll(&p, 1, &ts, NULL);
                if (r > 0)
                        return 0;
                if (r == 0)
                        return -ETIMEDOUT;
                if (errno != EINTR)
                        return -errno;
        }
}

int process_wait(pid_t pid, usec_t timeout_usec, int *ret_code) {
        if (timeout_usec != USEC_INFINITY) {
                int r = wait_end(pid, timeout_usec);
                if (r < 0)
                        return r;
        }
        return reap(pid, ret_code);
}

void process_kill_wait(pid_t pid) {
        (void) kill(pid, SIGKILL);
        (void) reap(pid, NULL);
}

static int read_proc_file(pid_t pid, const char *file, char **ret) {
        _cleanup_free_ char *path = xasprintf("/proc/%d/%s", pid, file);
        if (!path)
                return -ENOMEM;

        int r = file_read_at(AT_FDCWD, path, PROC_FILE_MAX, ret, NULL);
        return r == -ENOENT ? -ESRCH : r;
}

int process_start_time(pid_t pid, uint64_t *ret) {
        _cleanup_free_ char *text = NULL;
        int r = read_proc_file(pid, "stat", &text);
        if (r < 0)
                return r;

        /* The command name is in parentheses and may hold anything, parentheses too. */
        char *p = strrchr(text, ')');
        if (!p || p[1] != ' ')
                return -EBADMSG;

        _cleanup_strv_free_ char **fields = NULL;
        r = strv_split(p + 2, " \n", &fields);
        if (r < 0)
                return r;
        if (strv_length(fields) <= STAT_START_TIME)
                return -EBADMSG;
        return parse_u64(fields[STAT_START_TIME], ret) < 0 ? -EBADMSG : 0;
}

int process_single_child(pid_t pid, pid_t *ret) {
        _cleanup_free_ char *file = xasprintf("task/%d/children", pid), *text = NULL;
        if (!file)
                return -ENOMEM;

        int r = read_proc_file(pid, file, &text);
        if (r < 0)
                return r;

        char *child = strstrip(text);
        if (isempty(child))
                return -ESRCH;
        if (strchr(child, ' '))
                return -EBUSY;

        uint32_t value;
        if (parse_u32(child, &value) < 0 || value > INT32_MAX)
                return -EBADMSG;
        *ret = (pid_t) value;
        return 0;
}

int pidfd_open_process(pid_t pid) {
        int fd = pidfd_open(pid, 0);

        return fd < 0 ? -errno : fd;
}

/* We are given as many as a shell happens to allow, and pass more than that on to helpers. */
static void raise_open_files(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= OPEN_FILES_WANTED)
                return;
        limit.rlim_cur = MIN(limit.rlim_max, (rlim_t) OPEN_FILES_WANTED);
        (void) setrlimit(RLIMIT_NOFILE, &limit);
}

void process_init(void) {
        (void) umask(0022);
        (void) fd_fix_stdio();
        raise_open_files();
        (void) signal(SIGPIPE, SIG_IGN);
}
