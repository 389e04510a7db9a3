/* SPDX-License-Identifier: Apache-2.0 */

#include <sys/mount.h>
#include <sys/wait.h>

#include "basic/path-util.h"
#include "layout/stage1.h"
#include "pod/age.h"
#include "pod/lifecycle.h"
#include "pod/test-util.h"

static const char *const one_app[] = { "redis", NULL };

#define GRACE (30 * 60 * USEC_PER_SEC)

typedef struct Host {
        char *path;
        int dir_fd;
        Paths paths;
        char **texts; /* what was said */
} Host;

static void note(const char *text, void *userdata) {
        CHECK_INT(strv_extend(&((Host *) userdata)->texts, text), 0);
}

static Host host_new(void) {
        Host h = { .path = test_tmpdir() };

        h.dir_fd = open(h.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        h.paths.data_dir = h.path;
        h.paths.local_config = (char *) "/etc/nowhere";
        CHECK(h.dir_fd >= 0);
        CHECK_INT(pods_init(h.dir_fd, NULL), 0);
        return h;
}

static void host_done(Host *h) {
        safe_close(h->dir_fd);
        strv_free(h->texts);
        free(h->path);
}

static PodContext context(Host *h) {
        return (PodContext) { .data_dir_fd = h->dir_fd, .paths = &h->paths, .notify = note, .userdata = h };
}

static int gc(Host *h, usec_t grace, usec_t expire, bool mark_only) {
        const PodContext c = context(h);
        const PodGcArgs a = {
                .grace_period = grace,
                .expire_prepared = expire,
                .mark_only = mark_only,
                .notify = note,
                .userdata = h,
        };
        _cleanup_diag_ Diag diag = {};

        h->texts = strv_free(h->texts);
        int r = pods_gc(&c, &a, &diag);
        if (r < 0 && diag_is_set(&diag))
                note(diag.message, h);
        return r;
}

static size_t count_in(Host *h, PodPhase phase) {
        _cleanup_strv_free_ char **names = NULL;

        CHECK_INT(dir_list_at(h->dir_fd, pod_phase_directory(phase), &names), 0);
        return strv_length(names);
}

static size_t count_all(Host *h) {
        size_t n = 0;

        for (PodPhase p = 0; p < _POD_PHASE_MAX; p++)
                n += count_in(h, p);
        return n;
}

static void add_pod(Host *h, PodPhase phase) {
        _cleanup_(pod_closep) Pod *p = test_pod_in(h->dir_fd, phase);

        test_write_manifest(p, one_app);
}

TEST(mark_and_sweep) {
        _cleanup_(host_done) Host h = host_new();
        _cleanup_(pod_closep) Pod *running = test_pod_in(h.dir_fd, POD_PHASE_RUN);
        _cleanup_(pod_closep) Pod *preparing = test_pod_in(h.dir_fd, POD_PHASE_PREPARE);

        add_pod(&h, POD_PHASE_RUN);
        add_pod(&h, POD_PHASE_PREPARE);
        add_pod(&h, POD_PHASE_PREPARED);

        CHECK_INT(gc(&h, GRACE, GRACE, true), 0);
        CHECK_INT(strv_length(h.texts), 2);
        CHECK(startswith(h.texts[0], "Moving ") && endswith(h.texts[0], "\" to garbage"));
        CHECK_INT(count_in(&h, POD_PHASE_RUN), 1);
        CHECK_INT(count_in(&h, POD_PHASE_EXITED_GARBAGE), 1);
        CHECK_INT(count_in(&h, POD_PHASE_PREPARE), 1);
        CHECK_INT(count_in(&h, POD_PHASE_PREPARED), 1);
        CHECK_INT(count_in(&h, POD_PHASE_GARBAGE), 1);

        /* A failed prepare has nothing to look at; an exited pod stays for its grace period. */
        CHECK_INT(gc(&h, GRACE, GRACE, false), 0);
        CHECK_INT(strv_length(h.texts), 1);
        CHECK(startswith(h.texts[0], "Garbage collecting pod \""));
        CHECK_INT(count_in(&h, POD_PHASE_GARBAGE), 0);
        CHECK_INT(count_in(&h, POD_PHASE_EXITED_GARBAGE), 1);

        CHECK_INT(gc(&h, 0, 0, false), 0);
        CHECK_INT(count_all(&h), 2);
        CHECK_INT(test_state(running), POD_RUNNING);
        CHECK_INT(test_state(preparing), POD_PREPARING);

        running = pod_close(running);
        preparing = pod_close(preparing);
        CHECK_INT(gc(&h, 0, 0, false), 0);
        CHECK_INT(count_all(&h), 0);
}

/* A stamp of this boot that says how old it is. */
static void set_stamp(const Pod *p, const char *file, usec_t age) {
        char stamp[STAMP_MAX];

        CHECK(stamp_now(stamp) > 0);
        _cleanup_free_ char *text =
                xasprintf("%.36s %llu", stamp, (unsigned long long) now_usec(CLOCK_BOOTTIME) - age);
        test_write(p, file, text);
}

#define OTHER_BOOT "00000000-0000-4000-8000-000000000000 5"

TEST(ages) {
        static const struct {
                PodPhase phase;
                const char *file;
                usec_t age; /* USEC_INFINITY: another boot's stamp */
                bool stays;
        } cases[] = {
                { POD_PHASE_EXITED_GARBAGE, POD_STAMP_FILE, GRACE / 2, true },
                { POD_PHASE_EXITED_GARBAGE, POD_STAMP_FILE, 2 * GRACE, false },
                /* Created long ago, marked just now (says the directory's change time). */
                { POD_PHASE_EXITED_GARBAGE, POD_CREATED_FILE, 2 * GRACE, true },
                { POD_PHASE_EXITED_GARBAGE, POD_STAMP_FILE, USEC_INFINITY, true },
                { POD_PHASE_PREPARED, POD_CREATED_FILE, GRACE / 2, true },
                { POD_PHASE_PREPARED, POD_CREATED_FILE, 2 * GRACE, false },
                { POD_PHASE_PREPARED, POD_CREATED_FILE, USEC_INFINITY, true },
                { POD_PHASE_PREPARED, NULL, 0, true },
                { POD_PHASE_EMBRYO, NULL, 0, true },
                { POD_PHASE_EMBRYO, POD_STAMP_FILE, 2 * GRACE, false },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(host_done) Host h = host_new();
                _cleanup_(pod_closep) Pod *p = NULL;

                if (cases[i].phase == POD_PHASE_EMBRYO) {
                        const char *uuid = "01234567-89ab-4cde-8f01-23456789abcd";
                        _cleanup_free_ char *path = xasprintf("%s/%s", PODS_EMBRYO_DIR, uuid);

                        CHECK_INT(mkdirat(h.dir_fd, path, 0700), 0);
                        CHECK_INT(pod_open(h.dir_fd, uuid, &p, NULL), 0);
                } else
                        p = test_pod_in(h.dir_fd, cases[i].phase);
                if (cases[i].file && cases[i].age == USEC_INFINITY)
                        test_write(p, cases[i].file, OTHER_BOOT);
                else if (cases[i].file)
                        set_stamp(p, cases[i].file, cases[i].age);
                p = pod_close(p);

                CHECK_INT(gc(&h, GRACE, GRACE, false), 0);
                CHECK_INT(count_all(&h), cases[i].stays);
        }
}

TEST(change_time_of_another_boot) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_EXITED_GARBAGE);
        usec_t age;

        test_write(p, POD_STAMP_FILE, OTHER_BOOT);
        CHECK_INT(pod_age(p, &age), 0);
        CHECK(age < 60 * USEC_PER_SEC);
        CHECK_INT(stamp_age(OTHER_BOOT, &age), -ESTALE);
        CHECK_INT(stamp_age("", &age), -EBADMSG);
        CHECK_INT(stamp_age("x y", &age), -EBADMSG);

        /* A stamp from the future of this boot is a young one. */
        char stamp[STAMP_MAX];
        CHECK(stamp_now(stamp) > 0);
        _cleanup_free_ char *future = xasprintf("%.36s 999999999999999999", stamp);
        CHECK_INT(stamp_age(future, &age), 0);
        CHECK_INT(age, 0);
}

static int remove_pod(Host *h, Pod *p, Diag *diag) {
        const PodContext c = context(h);

        return pod_remove(&c, p, diag);
}

TEST(remove) {
        static const struct {
                PodPhase phase;
                bool locked;
                int error;
                const char *what;
        } cases[] = {
                { POD_PHASE_PREPARE, false, 0, NULL },
                { POD_PHASE_PREPARE, true, -EBUSY, "is currently being prepared" },
                { POD_PHASE_PREPARED, false, 0, NULL },
                { POD_PHASE_RUN, false, 0, NULL },
                { POD_PHASE_RUN, true, -EBUSY, "is currently running" },
                { POD_PHASE_EXITED_GARBAGE, false, 0, NULL },
                { POD_PHASE_EXITED_GARBAGE, true, -EBUSY, "is currently being deleted" },
                { POD_PHASE_GARBAGE, false, 0, NULL },
                { POD_PHASE_GARBAGE, true, -EBUSY, "is currently being deleted" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(host_done) Host h = host_new();
                _cleanup_(pod_closep) Pod *p = test_pod_in(h.dir_fd, cases[i].phase), *mine = NULL;
                _cleanup_diag_ Diag diag = {};

                test_write_manifest(p, one_app);
                if (!cases[i].locked)
                        pod_unlock(p);
                CHECK_INT(pod_open(h.dir_fd, pod_uuid(p), &mine, NULL), 0);
                CHECK_INT(remove_pod(&h, mine, &diag), cases[i].error);
                if (cases[i].what)
                        CHECK(strstr(diag.message, cases[i].what));
                CHECK_INT(count_all(&h), cases[i].error < 0);

                if (cases[i].error == 0) {
                        CHECK_INT(remove_pod(&h, p, &diag), -ENOENT);
                        CHECK(strstr(diag.message, "was removed meanwhile"));
                }
        }
}

#define TREE CAS_TREE_DIR "/" TEST_STAGE1_ID "/rootfs"

/* A stage1 whose gc entrypoint tells how it was called. */
static void write_stage1(Host *h, const char *script) {
        _cleanup_free_ char *text = xasprintf("#!/bin/sh\n%s\n", script);

        CHECK_INT(mkdir_p_at(h->dir_fd, TREE, 0755), 0);
        CHECK_INT(file_write_at(h->dir_fd, TREE "/gc", text, strlen(text), 0755, 0), 0);
}

static void write_run_pod(Pod *p) {
        test_write_manifest(p, one_app);
        test_write(p, POD_STAGE1_TREE_FILE, TEST_STAGE1_ID);
        test_write(p, POD_STARTED_FILE, "");
        test_write(p, POD_STAGE1_MANIFEST,
                   "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/stage1\","
                   "\"annotations\":[{\"name\":\"" STAGE1_ANNOTATION_RUN
                   "\",\"value\":\"/init\"},{\"name\":\"" STAGE1_ANNOTATION_GC
                   "\",\"value\":\"/gc\"},{\"name\":\"" STAGE1_ANNOTATION_INTERFACE_VERSION
                   "\",\"value\":\"5\"}]}");
        /* What a pod would like the host to execute. */
        test_write(p, POD_STAGE1_ROOTFS "/gc", "#!/bin/sh\ntouch ../../../pwned\n");
        CHECK_INT(fchmodat(p->fd, POD_STAGE1_ROOTFS "/gc", 0755, 0), 0);
}

static char *read_text(Host *h, const char *file) {
        char *text = NULL;

        CHECK_INT(file_read_at(h->dir_fd, file, 4096, &text, NULL), 0);
        return text;
}

TEST(stage1_gc_entrypoint) {
        _cleanup_(host_done) Host h = host_new();
        _cleanup_(pod_closep) Pod *p = test_pod_in(h.dir_fd, POD_PHASE_RUN);
        _cleanup_free_ char *expected =
                xasprintf("%s/pods/exited-garbage/%s --local-config=/etc/nowhere %s\n", h.path, pod_uuid(p),
                          pod_uuid(p));

        write_stage1(&h, "echo \"$PWD\" \"$@\" > ../../../called");
        write_run_pod(p);
        p = pod_close(p);

        CHECK_INT(gc(&h, 0, 0, false), 0);
        _cleanup_free_ char *called = read_text(&h, "called");
        CHECK_STR(called, expected);
        CHECK_INT(path_exists_at(h.dir_fd, "pwned"), 0);
        CHECK_INT(count_all(&h), 0);
        CHECK_INT(strv_length(h.texts), 2);
}

TEST(failing_entrypoint_does_not_keep_the_pod) {
        _cleanup_(host_done) Host h = host_new();
        _cleanup_(pod_closep) Pod *p = test_pod_in(h.dir_fd, POD_PHASE_RUN),
                                  *q = test_pod_in(h.dir_fd, POD_PHASE_RUN);

        write_stage1(&h, "exit 3");
        write_run_pod(p);
        write_run_pod(q);
        pod_unlock(p);
        pod_unlock(q);
        CHECK_INT(gc(&h, 0, 0, false), 0);
        CHECK_INT(count_all(&h), 0);
        CHECK_INT(strv_length(h.texts), 6);
        CHECK(strstr(h.texts[3], "stage1's gc entrypoint failed with exit code 3"));

        /* The image is gone. */
        _cleanup_(pod_closep) Pod *o = test_pod_in(h.dir_fd, POD_PHASE_RUN);
        write_run_pod(o);
        pod_unlock(o);
        CHECK_INT(rm_rf_at(h.dir_fd, CAS_DIR), 0);
        CHECK_INT(gc(&h, 0, 0, false), 0);
        CHECK_INT(count_all(&h), 0);
        CHECK(strstr(h.texts[2], "is not in the store any more"));
        CHECK_INT(path_exists_at(h.dir_fd, "pwned"), 0);
}

/* gc of a pod in which things are mounted, some of them already unmounted by somebody. */
TEST(mounts) {
        _cleanup_(host_done) Host h = host_new();
        _cleanup_(pod_closep) Pod *p = test_pod_in(h.dir_fd, POD_PHASE_RUN);
        _cleanup_free_ char *canary = path_join(h.path, "canary");
        _cleanup_free_ char *root = xasprintf("%s/pods/run/%s/%s", h.path, pod_uuid(p), POD_STAGE1_ROOTFS);
        _cleanup_free_ char *inner = path_join(root, "inner");

        write_stage1(&h, "exit 0");
        write_run_pod(p);
        CHECK_INT(mkdir(canary, 0755), 0);
        CHECK_INT(mkdirat(h.dir_fd, "canary/sub", 0755), 0);
        if (mount("tmpfs", root, "tmpfs", 0, NULL) < 0) {
                CHECK(errno == EPERM);
                return; /* needs root */
        }
        CHECK_INT(mkdir(inner, 0755), 0);
        CHECK_INT(mount(canary, inner, NULL, MS_BIND, NULL), 0);

        p = pod_close(p);
        CHECK_INT(gc(&h, 0, 0, false), 0);
        CHECK_INT(count_all(&h), 0);
        CHECK_INT(path_exists_at(h.dir_fd, "canary/sub"), 1);
}

/* Links that a pod left behind are removed, not followed. */
TEST(links) {
        _cleanup_(host_done) Host h = host_new();
        _cleanup_(pod_closep) Pod *p = test_pod_in(h.dir_fd, POD_PHASE_RUN);

        write_run_pod(p);
        CHECK_INT(mkdirat(h.dir_fd, "canary", 0755), 0);
        CHECK_INT(mkdirat(h.dir_fd, "canary/sub", 0755), 0);
        CHECK_INT(symlinkat("../../../../../../canary", p->fd, POD_STAGE1_ROOTFS "/link"), 0);
        CHECK_INT(symlinkat("../../../canary", p->fd, POD_OVERLAY_DIR), 0);
        p = pod_close(p);
        CHECK_INT(gc(&h, 0, 0, false), 0);
        CHECK_INT(count_all(&h), 0);
        CHECK_INT(path_exists_at(h.dir_fd, "canary/sub"), 1);
}

/* Many at once do all they can to a few pods: every one of them is whole or gone at any time, and nobody
 * fails in a way that is not one of the known. */
static int act(Host *h, unsigned what, const char *uuid) {
        const PodContext c = context(h);
        _cleanup_(pod_closep) Pod *p = NULL;
        _cleanup_(pod_status_done) PodStatus s = {};
        _cleanup_diag_ Diag diag = {};

        if (what % 4 == 0)
                return gc(h, what % 8 ? 0 : GRACE, 0, what % 16 == 0);

        int r = pod_open(h->dir_fd, uuid, &p, &diag);
        if (r < 0)
                return r;
        switch (what % 4) {
        case 1:
                r = pod_remove(&c, p, &diag);
                break;
        case 2:
                r = pod_lock_exclusive(p, &diag);
                if (r >= 0 && pod_phase(p) == POD_PHASE_PREPARED)
                        r = pod_transition(p, POD_PHASE_RUN, &diag);
                break;
        default:
                r = pod_get_status(p, &s, &diag);
        }
        if (r < 0 && !diag_is_set(&diag))
                return -EPROTO;
        return r;
}

TEST(everybody_at_once) {
        _cleanup_(host_done) Host h = host_new();
        char uuids[12][UUID_STRING_MAX];
        pid_t pids[50];

        for (size_t i = 0; i < ELEMENTSOF(uuids); i++) {
                _cleanup_(pod_closep) Pod *p =
                        test_pod_in(h.dir_fd, i % 2 ? POD_PHASE_PREPARED : POD_PHASE_RUN);

                test_write_manifest(p, one_app);
                memcpy(uuids[i], pod_uuid(p), UUID_STRING_MAX);
        }

        for (size_t i = 0; i < ELEMENTSOF(pids); i++) {
                pids[i] = fork();
                CHECK(pids[i] >= 0);
                if (pids[i] > 0)
                        continue;
                for (unsigned k = 0; k < 20; k++) {
                        unsigned n = (unsigned) i * 7 + k * 13;
                        int r = act(&h, n, uuids[n / 4 % ELEMENTSOF(uuids)]);

                        if (r < 0 && r != -ENOENT && r != -EBUSY && r != -ESTALE) {
                                fprintf(stderr, "action %u: %s\n", n % 4, strerror(-r));
                                _exit(1);
                        }
                }
                _exit(0);
        }
        for (size_t i = 0; i < ELEMENTSOF(pids); i++) {
                int status;

                CHECK_INT(waitpid(pids[i], &status, 0), pids[i]);
                CHECK_INT(status, 0);
        }

        CHECK_INT(gc(&h, 0, 0, false), 0);
        CHECK_INT(count_all(&h), 0);
}

DEFINE_TEST_MAIN()
