/* SPDX-License-Identifier: Apache-2.0 */

#include "layout/stage1.h"
#include "pod/lifecycle.h"
#include "pod/test-util.h"

static const char *const two_apps[] = { "redis", "nginx", NULL };

#define UPPER POD_OVERLAY_DIR "/" TEST_STAGE1_ID "/upper/" POD_STAGE1_LAYER

static void write_overlay_pod(Pod *p) {
        test_write_manifest(p, two_apps);
        test_write(p, POD_OVERLAY_MARK, "");
        test_write(p, POD_STAGE1_TREE_FILE, TEST_STAGE1_ID);
        CHECK_INT(mkdir_p_at(p->fd, UPPER "/" STAGE1_STATUS_DIR, 0755), 0);
}

static void set_time(const Pod *p, const char *file, time_t t) {
        const struct timespec ts[] = { { .tv_sec = t }, { .tv_sec = t } };

        test_write(p, file, "");
        CHECK_INT(utimensat(p->fd, file, ts, 0), 0);
}

TEST(exited_pod) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_RUN);
        _cleanup_(pod_status_done) PodStatus s = {}, running = {};
        _cleanup_free_ char *machine = xasprintf("rkt-%s", pod_uuid(p));

        write_overlay_pod(p);
        set_time(p, POD_CREATED_FILE, 1000);
        set_time(p, POD_STARTED_FILE, 2000);
        test_write(p, POD_PPID_FILE, "4711\n");
        test_write(p, UPPER "/" STAGE1_STATUS_DIR "/nginx", "12\n");

        CHECK_INT(pod_get_status(p, &running, NULL), 0);
        CHECK_INT(running.state, POD_RUNNING);
        pod_unlock(p);
        CHECK_INT(pod_get_status(p, &s, NULL), 0);
        CHECK_INT(s.state, POD_EXITED);
        CHECK_STR(s.uuid, pod_uuid(p));
        CHECK_INT(s.created, 1000 * USEC_PER_SEC);
        CHECK_INT(s.started, 2000 * USEC_PER_SEC);
        CHECK_INT(s.pid, 4711);
        CHECK_STR(s.machine, machine);
        CHECK_STR(s.unit, NULL);
        CHECK_STR(s.networks, "");
        CHECK_INT(s.n_apps, 2);
        CHECK_STR(s.apps[0].name, "redis");
        CHECK_STR(s.apps[0].image_name, "example.com/redis:1.0");
        CHECK_STR(s.apps[0].image_id, TEST_IMAGE_ID);
        CHECK_INT(s.apps[0].exit_code, -1);
        CHECK_STR(s.apps[1].name, "nginx");
        CHECK_INT(s.apps[1].exit_code, 12);
}

TEST(machine_and_unit) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_RUN);
        _cleanup_(pod_status_done) PodStatus s = {};

        test_write_manifest(p, two_apps);
        test_write(p, POD_MACHINE_FILE, "shop\n");
        test_write(p, POD_UNIT_FILE, "pod@shop.service");
        test_write(p, POD_STAGE1_ROOTFS "/" STAGE1_STATUS_DIR "/redis", "0\n");
        CHECK_INT(pod_get_status(p, &s, NULL), 0);
        CHECK_STR(s.machine, "shop");
        CHECK_STR(s.unit, "pod@shop.service");
        CHECK_INT(s.pid, 0);
        CHECK_INT(s.apps[0].exit_code, 0);
}

/* What was written by whoever is root in the pod. */
TEST(hostile_status_files) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_RUN);
        _cleanup_(pod_status_done) PodStatus s = {};

        write_overlay_pod(p);
        test_write(p, "secret", "7\n");
        CHECK_INT(symlinkat("../../../../../../secret", p->fd, UPPER "/" STAGE1_STATUS_DIR "/redis"), 0);
        test_write(p, UPPER "/" STAGE1_STATUS_DIR "/nginx", "no number\n");
        CHECK_INT(pod_get_status(p, &s, NULL), 0);
        CHECK_INT(s.apps[0].exit_code, -1);
        CHECK_INT(s.apps[1].exit_code, -1);
}

TEST(prepared_pod) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_PREPARED);
        _cleanup_(pod_status_done) PodStatus s = {};

        test_write_manifest(p, two_apps);
        set_time(p, POD_CREATED_FILE, 1000);
        CHECK_INT(pod_get_status(p, &s, NULL), 0);
        CHECK_INT(s.state, POD_PREPARED);
        CHECK_INT(s.created, 1000 * USEC_PER_SEC);
        CHECK_INT(s.started, 0);
        CHECK_STR(s.machine, NULL);
        CHECK_INT(s.n_apps, 2);
}

TEST(incomplete_pods) {
        static const struct {
                PodPhase phase;
                const char *manifest;
                int error;
        } cases[] = {
                { POD_PHASE_PREPARE, NULL, 0 },      { POD_PHASE_PREPARE, "", 0 },
                { POD_PHASE_PREPARED, NULL, -ENOENT }, { POD_PHASE_PREPARED, "", -EBADMSG },
                { POD_PHASE_RUN, NULL, -ENOENT },    { POD_PHASE_RUN, "{}", -EBADMSG },
                { POD_PHASE_EXITED_GARBAGE, NULL, 0 }, { POD_PHASE_EXITED_GARBAGE, "{", 0 },
                { POD_PHASE_GARBAGE, NULL, 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_close_ int dir = test_data_dir();
                _cleanup_(pod_closep) Pod *p = test_pod_in(dir, cases[i].phase);
                _cleanup_(pod_status_done) PodStatus s = {};
                _cleanup_diag_ Diag diag = {};

                if (cases[i].manifest)
                        test_write(p, POD_MANIFEST_FILE, cases[i].manifest);
                CHECK_INT(pod_get_status(p, &s, &diag), cases[i].error);
                CHECK(diag_is_set(&diag) == (cases[i].error < 0));
                if (cases[i].error < 0)
                        CHECK(strstr(diag.message, pod_uuid(p)));
        }
}

TEST(gone) {
        _cleanup_close_ int dir = test_data_dir();
        _cleanup_(pod_closep) Pod *p = test_pod_in(dir, POD_PHASE_RUN);
        _cleanup_(pod_status_done) PodStatus s = {};

        CHECK_INT(unlinkat(dir, pod_path_in(p, POD_PHASE_RUN).s, AT_REMOVEDIR), 0);
        CHECK_INT(pod_get_status(p, &s, NULL), -ENOENT);
}

DEFINE_TEST_MAIN()
