/* SPDX-License-Identifier: Apache-2.0 */

#include <sys/wait.h>

#include "pod/test-util.h"

TEST(new_pod_is_preparing) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_new(dir), *other = NULL;
        struct stat st;
        Uuid uuid;

        CHECK_INT(uuid_parse(pod_uuid(p), &uuid), 0);
        CHECK_INT(pod_phase(p), POD_PHASE_PREPARE);
        CHECK_INT(test_state(p), POD_PREPARING);
        CHECK_INT(fstat(pod_fd(p), &st), 0);
        CHECK_INT(st.st_mode & 07777, 0700);

        CHECK_INT(pod_open(dir, pod_uuid(p), &other, NULL), 0);
        CHECK_INT(test_state(other), POD_PREPARING);

        /* The lock ends with the last copy of the descriptor. */
        p = pod_close(p);
        CHECK_INT(test_state(other), POD_PREPARE_FAILED);
}

TEST(own_lock_survives_refresh) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_RUN), *other = NULL;

        CHECK_INT(pod_open(dir, pod_uuid(p), &other, NULL), 0);
        CHECK_INT(test_state(p), POD_RUNNING);
        CHECK_INT(test_state(other), POD_RUNNING);
        CHECK_INT(test_state(p), POD_RUNNING);
}

TEST(prefix) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_diag_ Diag diag = {};
        static const char *const names[] = {
                "pods/run/01234567-89ab-4cde-8f01-23456789abcd",
                "pods/exited-garbage/0123ffff-89ab-4cde-8f01-23456789abcd",
                "pods/prepared/fedcba98-89ab-4cde-8f01-23456789abcd",
                "pods/run/not-a-uuid",
                "pods/garbage/ab",
        };
        static const struct {
                const char *prefix;
                int error;
                const char *what; /* uuid or message */
        } cases[] = {
                { "f", 0, "fedcba98-89ab-4cde-8f01-23456789abcd" },
                { "FEDC", 0, "fedcba98-89ab-4cde-8f01-23456789abcd" },
                { "01234", 0, "01234567-89ab-4cde-8f01-23456789abcd" },
                { "01234567-89AB-4cde-8f01-23456789abcd", 0, "01234567-89ab-4cde-8f01-23456789abcd" },
                { "0123", -ENOTUNIQ, "ambiguous uuid, 2 matches" },
                { "no", -ENOENT, "no matches found for \"no\"" },
                { "ab", -ENOENT, "no matches found for \"ab\"" },
                { "../run", -ENOENT, "no matches found for \"../run\"" },
                { "\n", -ENOENT, "no matches found for \"\\x0a\"" },
                { "01234567-89ab-4cde-8f01-23456789abce", -ENOENT,
                  "no matches found for \"01234567-89ab-4cde-8f01-23456789abce\"" },
                { "", -EINVAL, "UUID cannot be empty" },
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                CHECK_INT(mkdirat(dir, names[i], 0700), 0);

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(pod_closep) Pod *p = NULL;

                CHECK_INT(pod_open(dir, cases[i].prefix, &p, &diag), cases[i].error);
                CHECK_STR(cases[i].error == 0 ? pod_uuid(p) : diag.message, cases[i].what);
        }
}

TEST(nothing_there_yet) {
        _cleanup_free_ char *path = test_tmpdir();
        _cleanup_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_(pod_closep) Pod *p = NULL;

        CHECK_INT(pod_open(dir, "ab", &p, NULL), -ENOENT);
        CHECK_INT(pods_init(dir, NULL), 0);
        CHECK_INT(pods_init(dir, NULL), 0);
}

TEST(transitions_need_the_lock) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_PREPARED), *other = NULL;
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(test_state(p), POD_PREPARED);
        CHECK_INT(pod_transition(p, POD_PHASE_RUN, &diag), -ENOLCK);
        CHECK_INT(pod_lock_shared(p, NULL), 0);
        CHECK_INT(pod_transition(p, POD_PHASE_RUN, &diag), -ENOLCK);
        CHECK_INT(pod_lock_exclusive(p, NULL), 0);
        CHECK_INT(pod_transition(p, POD_PHASE_EXITED_GARBAGE, &diag), -EINVAL);
        CHECK_INT(pod_transition(p, POD_PHASE_RUN, &diag), 0);

        CHECK_INT(pod_open(dir, pod_uuid(p), &other, NULL), 0);
        CHECK_INT(pod_lock_shared(other, &diag), -EBUSY);
        CHECK_INT(pod_lock_exclusive(other, &diag), -EBUSY);
        CHECK(strstr(diag.message, "its state is \"running\""));
        CHECK_INT(pod_transition(other, POD_PHASE_EXITED_GARBAGE, &diag), -ENOLCK);

        pod_unlock(p);
        CHECK_INT(test_state(other), POD_EXITED);
        CHECK_INT(pod_lock_shared(other, NULL), 0);
        CHECK_INT(test_state(p), POD_EXITED); /* being marked looks like nothing */
        CHECK_INT(pod_transition(other, POD_PHASE_EXITED_GARBAGE, NULL), 0);

        /* The first one still believes it to be in run. */
        CHECK_INT(pod_lock_shared(p, NULL), 0);
        CHECK_INT(pod_phase(p), POD_PHASE_EXITED_GARBAGE);
        CHECK_INT(test_state(p), POD_EXITED_MARKED);
}

TEST(stale_transition) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *a = test_pod_in(dir, POD_PHASE_RUN), *b = NULL;
        _cleanup_diag_ Diag diag = {};

        pod_unlock(a);
        CHECK_INT(pod_open(dir, pod_uuid(a), &b, NULL), 0);
        CHECK_INT(pod_lock_shared(a, NULL), 0);
        CHECK_INT(pod_lock_shared(b, NULL), 0);
        CHECK_INT(pod_transition(a, POD_PHASE_EXITED_GARBAGE, NULL), 0);
        CHECK_INT(pod_transition(b, POD_PHASE_EXITED_GARBAGE, &diag), -ESTALE);
        CHECK(strstr(diag.message, "was moved or removed by another process"));

        pod_unlock(b);
        CHECK_INT(unlinkat(dir, pod_path_in(a, POD_PHASE_EXITED_GARBAGE).s, AT_REMOVEDIR), 0);
        CHECK_INT(pod_refresh(a, NULL), -ENOENT);
        pod_unlock(a);
        CHECK_INT(pod_lock_exclusive(b, &diag), -ENOENT);
        CHECK(strstr(diag.message, "was removed meanwhile"));
}

/* A reused name is not the pod that was opened. */
TEST(another_directory_of_the_same_name) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_RUN);
        PodPath path = pod_path_in(p, POD_PHASE_RUN);

        CHECK_INT(renameat(dir, path.s, dir, "elsewhere"), 0);
        CHECK_INT(mkdirat(dir, path.s, 0700), 0);
        CHECK_INT(pod_refresh(p, NULL), -ENOENT);
}

TEST(a_tester_does_not_stand_in_the_way) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_EXITED_GARBAGE), *tester = NULL;

        pod_unlock(p);
        CHECK_INT(pod_open(dir, pod_uuid(p), &tester, NULL), 0);

        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
                /* Tests, and holds the lock a little longer than one does. */
                if (lock_try(pod_fd(tester), LOCK_SHARED) < 0)
                        _exit(1);
                usec_t end = now_usec(CLOCK_MONOTONIC) + 50 * USEC_PER_MSEC;
                while (now_usec(CLOCK_MONOTONIC) < end)
                        ;
                lock_release(pod_fd(tester));
                _exit(0);
        }
        PodState s;
        do
                CHECK_INT(pod_refresh(p, &s), 0);
        while (lock_try(pod_fd(p), LOCK_EXCLUSIVE) >= 0 && lock_release(pod_fd(p)) >= 0 &&
               waitpid(pid, NULL, WNOHANG) == 0);
        CHECK_INT(pod_lock_exclusive(p, NULL), 0);
        (void) waitpid(pid, NULL, 0);
}

static int count(Pod *p, PodState state, void *userdata) {
        size_t *n = userdata;

        n[state]++;
        return 0;
}

TEST(foreach) {
        _cleanup_close_ int dir = test_data_dir();
        size_t n[_POD_STATE_MAX] = {};
        Pod *held[2];

        held[0] = test_pod_in(dir, POD_PHASE_RUN);
        held[1] = test_pod_in(dir, POD_PHASE_PREPARE);
        for (PodPhase phase = POD_PHASE_PREPARE; phase < _POD_PHASE_MAX; phase++)
                pod_close(test_pod_in(dir, phase));

        CHECK_INT(pods_foreach(dir, count, n), 0);
        CHECK_INT(n[POD_RUNNING], 1);
        CHECK_INT(n[POD_PREPARING], 1);
        CHECK_INT(n[POD_EXITED], 1);
        CHECK_INT(n[POD_PREPARE_FAILED], 1);
        CHECK_INT(n[POD_PREPARED], 1);
        CHECK_INT(n[POD_EXITED_MARKED], 1);
        CHECK_INT(n[POD_GARBAGE], 1);
        pod_close(held[0]);
        pod_close(held[1]);
}

typedef struct Last {
        char uuid[UUID_STRING_MAX];
        size_t n;
} Last;

static int in_order(Pod *p, PodState state, void *userdata) {
        Last *l = userdata;

        CHECK(strcmp(l->uuid, pod_uuid(p)) < 0);
        memcpy(l->uuid, pod_uuid(p), sizeof(l->uuid));
        l->n++;
        return 0;
}

/* Whoever moves, none is missed and none is seen twice. */
TEST(foreach_while_they_move) {
        _cleanup_close_ int dir = test_data_dir();
        Pod *pods[40];

        for (size_t i = 0; i < ELEMENTSOF(pods); i++)
                pods[i] = test_pod_in(dir, POD_PHASE_PREPARED);

        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
                for (PodPhase to = POD_PHASE_RUN; to <= POD_PHASE_EXITED_GARBAGE; to++)
                        for (size_t i = 0; i < ELEMENTSOF(pods); i++)
                                if (pod_lock_exclusive(pods[i], NULL) < 0 ||
                                    pod_transition(pods[i], to, NULL) < 0)
                                        _exit(1);
                _exit(0);
        }

        int status;
        do {
                Last l = {};

                CHECK_INT(pods_foreach(dir, in_order, &l), 0);
                CHECK_INT(l.n, ELEMENTSOF(pods));
        } while (waitpid(pid, &status, WNOHANG) == 0);
        CHECK_INT(status, 0);

        for (size_t i = 0; i < ELEMENTSOF(pods); i++)
                pod_close(pods[i]);
}

/* Many want to run one prepared pod: one gets it. */
TEST(one_winner) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_PREPARED);
        pid_t pids[30];
        int winners = 0;

        for (size_t i = 0; i < ELEMENTSOF(pids); i++) {
                pids[i] = fork();
                CHECK(pids[i] >= 0);
                if (pids[i] > 0)
                        continue;

                Pod *mine = NULL;
                int r = pod_open(dir, pod_uuid(p), &mine, NULL);
                if (r >= 0)
                        r = pod_lock_exclusive(mine, NULL);
                if (r >= 0)
                        r = pod_transition(mine, POD_PHASE_RUN, NULL);
                _exit(r >= 0 ? 0 : r == -EBUSY || r == -ESTALE || r == -EINVAL ? 1 : 2);
        }

        for (size_t i = 0; i < ELEMENTSOF(pids); i++) {
                int status;

                CHECK_INT(waitpid(pids[i], &status, 0), pids[i]);
                CHECK(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
                winners += WEXITSTATUS(status) == 0;
        }
        CHECK_INT(winners, 1);
        CHECK_INT(test_state(p), POD_EXITED);
}

TEST(trees_in_use) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *a = test_pod_in(dir, POD_PHASE_RUN),
                                  *b = test_pod_in(dir, POD_PHASE_PREPARE);
        _cleanup_strv_free_ char **ids = NULL;

        CHECK_INT(pods_trees_in_use(dir, &ids), 0);
        CHECK_INT(strv_length(ids), 0);

        test_write(a, POD_STAGE1_TREE_FILE, TEST_STAGE1_ID);
        test_write(a, POD_APPSINFO_DIR "/one/" POD_APPINFO_TREE, TEST_IMAGE_ID "\n");
        test_write(a, POD_APPSINFO_DIR "/two/" POD_APPINFO_TREE, TEST_IMAGE_ID);
        test_write(a, POD_APPSINFO_DIR "/three/" POD_APPINFO_MANIFEST, "{}");
        test_write(b, POD_STAGE1_TREE_FILE, TEST_STAGE1_ID);
        CHECK_INT(pods_trees_in_use(dir, &ids), 0);
        CHECK(strv_equal(ids, (char *[]) { (char *) TEST_IMAGE_ID, (char *) TEST_STAGE1_ID, NULL }));
}

TEST(trees_lock) {
        _cleanup_close_ int dir = test_data_dir(), a = -EBADF, b = -EBADF, c = -EBADF;

        CHECK_INT(pods_lock_trees(dir, LOCK_SHARED, &a), 0);
        CHECK_INT(pods_lock_trees(dir, LOCK_SHARED, &b), 0);
        c = openat(dir, PODS_PREPARE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        CHECK_INT(lock_try(c, LOCK_EXCLUSIVE), -EWOULDBLOCK);

        _cleanup_free_ char *path = test_tmpdir();
        _cleanup_close_ int fresh = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), d = -EBADF;
        CHECK_INT(pods_lock_trees(fresh, LOCK_EXCLUSIVE, &d), 0);
}

DEFINE_TEST_MAIN()
