/* SPDX-License-Identifier: Apache-2.0 */

#include <poll.h>
#include <sys/wait.h>

#include "layout/stage1.h"
#include "pod/lifecycle.h"
#include "pod/test-util.h"

#define UPPER POD_OVERLAY_DIR "/" TEST_STAGE1_ID "/upper/" POD_STAGE1_LAYER
#define LONG_TIME (20 * USEC_PER_SEC)
#define PAUSE (30 * USEC_PER_MSEC)

static void pause_for(usec_t usec) {
        const struct timespec ts = { .tv_nsec = (long) usec * 1000 };

        CHECK_INT(ppoll(NULL, 0, &ts, NULL), 0);
}

/* A process that has the pod's lock, does something after a pause, pauses, and ends. */
typedef void (*Act)(Pod *p);

static pid_t hold(Pod *p, Act act) {
        pid_t pid = fork();

        CHECK(pid >= 0);
        if (pid > 0) {
                /* Now it is the child's alone. */
                int fd = openat(p->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                CHECK(fd >= 0);
                safe_close(p->fd);
                p->fd = fd;
                p->held = POD_HELD_NOTHING;
                return pid;
        }

        pause_for(PAUSE);
        if (act)
                act(p);
        pause_for(PAUSE);
        _exit(0);
}

static void reap(pid_t pid) {
        int status;

        CHECK_INT(waitpid(pid, &status, 0), pid);
        CHECK_INT(status, 0);
}

TEST(exit_of_running) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_RUN);
        pid_t pid = hold(p, NULL);

        CHECK_INT(test_state(p), POD_RUNNING);
        CHECK_INT(pod_wait(p, false, LONG_TIME, NULL), 0);
        CHECK_INT(test_state(p), POD_EXITED);
        CHECK_INT(pod_wait(p, false, 1, NULL), 0);
        reap(pid);
}

TEST(timeout) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_RUN), *other = NULL;
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(pod_open(dir, pod_uuid(p), &other, NULL), 0);
        usec_t before = now_usec(CLOCK_MONOTONIC);
        CHECK_INT(pod_wait(other, false, PAUSE, &diag), -ETIMEDOUT);
        CHECK(now_usec(CLOCK_MONOTONIC) - before >= PAUSE);
        CHECK(strstr(diag.message, "timed out waiting for pod"));
        CHECK_INT(pod_wait(other, true, PAUSE, NULL), -ETIMEDOUT);
        /* No child is left behind, and the lock is as it was. */
        CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
        CHECK_INT(test_state(other), POD_RUNNING);
}

static void to_prepared_and_run(Pod *p) {
        CHECK_INT(pod_transition(p, POD_PHASE_PREPARED, NULL), 0);
        pause_for(PAUSE);
        CHECK_INT(pod_lock_exclusive(p, NULL), 0);
        CHECK_INT(pod_transition(p, POD_PHASE_RUN, NULL), 0);
}

TEST(exit_from_the_beginning) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_PREPARE);
        pid_t pid = hold(p, to_prepared_and_run);

        CHECK_INT(pod_wait(p, false, LONG_TIME, NULL), 0);
        CHECK_INT(test_state(p), POD_EXITED);
        reap(pid);
}

TEST(failed_prepare_ends_the_wait) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_PREPARE);
        _cleanup_diag_ Diag diag = {};
        pid_t pid = hold(p, NULL);

        CHECK_INT(pod_wait(p, true, LONG_TIME, &diag), -ESRCH);
        CHECK(strstr(diag.message, "ended before it was ready"));
        CHECK_INT(pod_wait(p, false, LONG_TIME, NULL), 0);
        reap(pid);
}

/* Everything appears only while somebody waits for it. */
static void become_ready(Pod *p) {
        to_prepared_and_run(p);
        pause_for(PAUSE);
        test_write(p, POD_OVERLAY_MARK, "");
        test_write(p, POD_STAGE1_TREE_FILE, TEST_STAGE1_ID);
        CHECK_INT(mkdir_p_at(p->fd, UPPER "/" STAGE1_STATUS_DIR, 0755), 0);
        test_write(p, POD_STARTED_FILE, "");
        pause_for(PAUSE);
        CHECK_INT(mknodat(p->fd, UPPER "/" STAGE1_READY_PATH, S_IFSOCK | 0600, 0), 0);
}

TEST(ready_from_the_beginning) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_PREPARE);
        pid_t pid = hold(p, become_ready);

        CHECK_INT(pod_wait(p, true, LONG_TIME, NULL), 0);
        CHECK_INT(test_state(p), POD_RUNNING);
        CHECK_INT(pod_wait(p, true, 0, NULL), 0);
        reap(pid);
}

static void vanish(Pod *p) {
        CHECK_INT(pod_transition(p, POD_PHASE_EXITED_GARBAGE, NULL), 0);
        CHECK_INT(unlinkat(p->data_dir_fd, pod_path_in(p, POD_PHASE_EXITED_GARBAGE).s, AT_REMOVEDIR), 0);
}

TEST(removed_while_waiting) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_RUN);
        _cleanup_diag_ Diag diag = {};
        pid_t pid = hold(p, vanish);

        CHECK_INT(pod_wait(p, true, LONG_TIME, &diag), diag.error);
        CHECK(diag.error == -ENOENT || diag.error == -ESRCH);
        reap(pid);
}

TEST(pid_of_one_that_does_not_run) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_RUN);
        _cleanup_diag_ Diag diag = {};
        pid_t pid;

        pod_unlock(p);
        test_write(p, POD_PID_FILE, "1\n");
        CHECK_INT(pod_get_pid(p, &pid, &diag), -ESRCH);
        CHECK(strstr(diag.message, "isn't currently running"));
}

static void write_pid(Pod *p) {
        test_write(p, POD_PID_FILE, "1234\n");
}

TEST(pid_appears) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_RUN);
        pid_t pid = hold(p, write_pid), found = 0;

        CHECK_INT(pod_get_pid(p, &found, NULL), 0);
        CHECK_INT(found, 1234);
        reap(pid);
}

TEST(pid_never_appears) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_RUN);
        pid_t pid = hold(p, NULL), found = 0;

        CHECK_INT(pod_get_pid(p, &found, NULL), -ESRCH);
        reap(pid);
}

TEST(bad_pid_files) {
        static const char *const texts[] = { "0", "-1", "x", "99999999999", "1 2" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_close_ int dir = test_data_dir();
                _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_RUN);
                pid_t pid;

                test_write(p, POD_PPID_FILE, texts[i]);
                CHECK_INT(pod_get_pid(p, &pid, NULL), -EBADMSG);
        }
}

DEFINE_TEST_MAIN()
