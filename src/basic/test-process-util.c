/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "basic/fd-util.h"
#include "basic/process-util.h"
#include "basic/test.h"

static const SpawnArgs base = {
        .path = "/bin/sh",
        .stdin_fd = -EBADF,
        .stdout_fd = -EBADF,
        .stderr_fd = -EBADF,
};

static pid_t spawn_shell(SpawnArgs a, const char *script) {
        char *const argv[] = { (char *) "sh", (char *) "-c", (char *) script, NULL };
        pid_t pid;

        a.argv = argv;
        CHECK_INT(process_spawn(&a, &pid), 0);
        return pid;
}

static int run_shell(SpawnArgs a, const char *script) {
        int code;

        CHECK_INT(process_wait(spawn_shell(a, script), USEC_INFINITY, &code), 0);
        return code;
}

/* What the script writes to its stdout. */
static char *output_of(SpawnArgs a, const char *script) {
        int fds[2];
        CHECK(pipe2(fds, O_CLOEXEC) >= 0);
        a.stdout_fd = fds[1];
        CHECK_INT(run_shell(a, script), 0);
        close(fds[1]);

        char *text;
        CHECK_INT(fd_read_all(fds[0], 1 << 20, &text, NULL), 0);
        close(fds[0]);
        return text;
}

TEST(exit_codes) {
        CHECK_INT(run_shell(base, "exit 0"), 0);
        CHECK_INT(run_shell(base, "exit 7"), 7);
        CHECK_INT(run_shell(base, "kill -TERM $$"), 128 + SIGTERM);
        CHECK_INT(process_wait(getpid(), USEC_INFINITY, NULL), -ECHILD);
}

TEST(failure_to_exec) {
        SpawnArgs a = base;
        char *const argv[] = { (char *) "x", NULL };
        pid_t pid = -1;

        a.argv = argv;
        a.path = "/none/such";
        CHECK_INT(process_spawn(&a, &pid), -ENOENT);
        a.path = "/etc/passwd";
        CHECK_INT(process_spawn(&a, &pid), -EACCES);
        a.path = "/bin/true";
        a.cwd = "/none/such";
        CHECK_INT(process_spawn(&a, &pid), -ENOENT);
        a.cwd = NULL;
        a.stdin_fd = 1000;
        CHECK_INT(process_spawn(&a, &pid), -EBADF);
        a.stdin_fd = -EBADF;
        a.keep_fds = (const int[]) { 1000 };
        a.n_keep_fds = 1;
        CHECK_INT(process_spawn(&a, &pid), -EBADF);
        CHECK_INT(pid, -1);
        CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
}

TEST(environment_and_directory) {
        CHECK(setenv("LEAK", "1", 1) >= 0);
        _cleanup_free_ char *text = output_of(base, "echo $LANG:$LEAK:$PWD:$PATH; read x || echo eof");
        CHECK_STR(text, "C.UTF-8::/:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\neof\n");

        SpawnArgs a = base;
        a.envp = (char *[]) { (char *) "A=b", NULL };
        a.cwd = "/proc";
        _cleanup_free_ char *other = output_of(a, "echo $A:$LANG:$PWD");
        CHECK_STR(other, "b::/proc\n");
}

TEST(only_the_descriptors_asked_for) {
        _cleanup_close_ int fd = memfd_new_sealed("k", "kept", 4);
        _cleanup_close_ int kept = fcntl(fd, F_DUPFD_CLOEXEC, 40), leak = fcntl(fd, F_DUPFD, 50);
        CHECK_INT(kept, 40);
        CHECK_INT(leak, 50);

        SpawnArgs a = base;
        a.keep_fds = &kept;
        a.n_keep_fds = 1;
        /* 3 is what the shell itself reads the directory by. */
        _cleanup_free_ char *text = output_of(a, "cat /proc/$$/fd/40; for f in /proc/$$/fd/*; do "
                                                 "printf ' %s' ${f##*/}; done");
        CHECK_STR(text, "kept 0 1 2 3 40");
        CHECK_INT(fcntl(kept, F_GETFD), FD_CLOEXEC);
}

TEST(stdio_that_crosses) {
        /* stdin from what is fd 1 here and stdout to what is fd 0. */
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
                int fds[2];
                CHECK(pipe(fds) >= 0);
                _cleanup_close_ int in = memfd_new_sealed("in", "hello", 5);
                CHECK(dup2(fds[1], STDIN_FILENO) >= 0 && dup2(in, STDOUT_FILENO) >= 0);

                SpawnArgs a = base;
                a.stdin_fd = STDOUT_FILENO;
                a.stdout_fd = STDIN_FILENO;
                int code = run_shell(a, "read x; echo got $x");
                char buf[10] = "";
                CHECK_INT(fd_read_exact(fds[0], buf, 9), 0);
                _exit(code != 0 || !streq(buf, "got hello"));
        }
        int code;
        CHECK_INT(process_wait(pid, USEC_INFINITY, &code), 0);
        CHECK_INT(code, 0);
}

TEST(signals_are_reset) {
        sigset_t blocked, before;
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGUSR1);
        CHECK(sigprocmask(SIG_BLOCK, &blocked, &before) >= 0);
        CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);

        _cleanup_free_ char *text = output_of(base, "grep -E 'Sig(Blk|Ign)' /proc/self/status");
        CHECK_STR(text, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");

        CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
        CHECK(sigprocmask(SIG_SETMASK, &before, NULL) >= 0);
}

TEST(wait_with_time_out) {
        pid_t pid = spawn_shell(base, "exec sleep 1000");
        usec_t begin = now_usec(CLOCK_MONOTONIC);
        int code;

        CHECK_INT(process_wait(pid, 30 * USEC_PER_MSEC, &code), -ETIMEDOUT);
        CHECK(now_usec(CLOCK_MONOTONIC) - begin >= 30 * USEC_PER_MSEC);
        CHECK_INT(kill(pid, 0), 0);
        process_kill_wait(pid);
        CHECK_INT(kill(pid, 0), -1);
        CHECK_INT(process_wait(pid, 1, &code), -ESRCH);

        pid = spawn_shell(base, "exit 3");
        CHECK_INT(process_wait(pid, 60 * USEC_PER_SEC, &code), 0);
        CHECK_INT(code, 3);
}

TEST(dies_with_the_parent) {
        int fds[2];
        CHECK(pipe2(fds, O_CLOEXEC) >= 0);

        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
                SpawnArgs a = base;
                a.keep_fds = &fds[1];
                a.n_keep_fds = 1;
                (void) spawn_shell(a, "exec sleep 1000");
                _exit(0);
        }
        CHECK_INT(process_wait(pid, USEC_INFINITY, NULL), 0);
        close(fds[1]);

        /* The pipe ends when the last holder of its other end, the grandchild, is dead. */
        char c;
        CHECK_INT(read(fds[0], &c, 1), 0);
        close(fds[0]);
}

TEST(start_time) {
        uint64_t a, b;
        pid_t pid = spawn_shell(base, "exec sleep 1000");

        CHECK(prctl(PR_SET_NAME, ") R 1 (x") >= 0);
        CHECK_INT(process_start_time(getpid(), &a), 0);
        CHECK_INT(process_start_time(pid, &b), 0);
        CHECK(a > 0 && b >= a);
        process_kill_wait(pid);
        CHECK_INT(process_start_time(pid, &b), -ESRCH);
}

TEST(single_child) {
        pid_t child;

        CHECK_INT(process_single_child(getpid(), &child), -ESRCH);
        pid_t a = spawn_shell(base, "exec sleep 1000");
        CHECK_INT(process_single_child(getpid(), &child), 0);
        CHECK_INT(child, a);
        pid_t b = spawn_shell(base, "exec sleep 1000");
        CHECK_INT(process_single_child(getpid(), &child), -EBUSY);
        process_kill_wait(b);
        process_kill_wait(a);
        CHECK_INT(process_single_child(a, &child), -ESRCH);
}

TEST(init) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
                (void) umask(0777);
                close(STDIN_FILENO);
                process_init();
                struct sigaction sa;
                bool good = umask(0) == 0022 && fcntl(STDIN_FILENO, F_GETFD) == 0 &&
                            sigaction(SIGPIPE, NULL, &sa) >= 0 && sa.sa_handler == SIG_IGN;
                _exit(!good);
        }
        int code;
        CHECK_INT(process_wait(pid, USEC_INFINITY, &code), 0);
        CHECK_INT(code, 0);
}

DEFINE_TEST_MAIN()
