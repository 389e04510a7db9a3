/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/test.h"
#include "layout/pods.h"
#include "layout/stage1.h"

static int open_tmpdir(void) {
        _cleanup_free_ char *path = test_tmpdir();
        int fd = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);

        CHECK(fd >= 0);
        return fd;
}

static void put(int fd, const char *path, const char *text) {
        CHECK_INT(file_write_at(fd, path, text, strlen(text), 0644, 0), 0);
}

TEST(status_round_trip) {
        _cleanup_close_ int fd = open_tmpdir();
        int code = -1;

        CHECK_INT(mkdir_p_at(fd, STAGE1_STATUS_DIR, 0755), 0);
        CHECK_INT(stage1_status_read(fd, "web", &code), -ENOENT);
        CHECK_INT(stage1_status_write(fd, "web", 254), 0);
        CHECK_INT(stage1_status_read(fd, "web", &code), 0);
        CHECK_INT(code, 254);
        CHECK_INT(stage1_status_write(fd, "web", 0), 0);
        CHECK_INT(stage1_status_read(fd, "web", &code), 0);
        CHECK_INT(code, 0);
        CHECK_INT(stage1_status_write(fd, "web", 256), -EINVAL);
        CHECK_INT(stage1_status_write(fd, "../web", 1), -EINVAL);
        CHECK_INT(stage1_status_read(fd, "..", &code), -EINVAL);
}

TEST(status_foreign_text) {
        static const char *const bad[] = { "", "\n", "1", "-1\n", "256\n", "1 \n", "x\n", "1\n1\n", "+1\n",
                                           "00000000000000001\n" };
        _cleanup_close_ int fd = open_tmpdir();
        int code;

        CHECK_INT(mkdir_p_at(fd, STAGE1_STATUS_DIR, 0755), 0);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                put(fd, STAGE1_STATUS_DIR "/a", bad[i]);
                CHECK_INT(stage1_status_read(fd, "a", &code), -EBADMSG);
        }

        put(fd, "secret", "0\n");
        CHECK_INT(symlinkat("../../secret", fd, STAGE1_STATUS_DIR "/link"), 0);
        CHECK_INT(stage1_status_read(fd, "link", &code), -EBADMSG);
        CHECK_INT(mkfifoat(fd, STAGE1_STATUS_DIR "/fifo", 0644), 0);
        CHECK_INT(stage1_status_read(fd, "fifo", &code), -EBADMSG);
}

#define ANNOTATION(n, v) "{\"name\":\"" n "\",\"value\":\"" v "\"}"
#define MANIFEST(annotations) "{\"acKind\":\"ImageManifest\",\"annotations\":[" annotations "]}"

static int load(const char *manifest, Stage1Entrypoints *ret, Diag *diag) {
        _cleanup_close_ int fd = open_tmpdir();

        CHECK_INT(mkdir_p_at(fd, POD_STAGE1_DIR, 0755), 0);
        if (manifest)
                put(fd, POD_STAGE1_MANIFEST, manifest);
        return stage1_entrypoints_load(fd, ret, diag);
}

TEST(entrypoints) {
        _cleanup_(stage1_entrypoints_done) Stage1Entrypoints e = {};

        CHECK_INT(load(MANIFEST(ANNOTATION("coreos.com/rkt/stage1/run", "/init") ","
                                ANNOTATION("coreos.com/rkt/stage1/enter", "/x/enter") ","
                                ANNOTATION("coreos.com/rkt/stage1/interface-version", "5") ","
                                ANNOTATION("other", "thing")), &e, NULL), 0);
        CHECK_STR(e.run, "/init");
        CHECK_STR(e.enter, "/x/enter");
        CHECK_STR(e.gc, NULL);
        CHECK_STR(e.stop, NULL);
        CHECK_INT(e.interface_version, 5);
}

TEST(entrypoints_defaults) {
        _cleanup_(stage1_entrypoints_done) Stage1Entrypoints e = {};

        CHECK_INT(load(MANIFEST(ANNOTATION("coreos.com/rkt/stage1/run", "/init")), &e, NULL), 0);
        CHECK_INT(e.interface_version, 1);
}

TEST(entrypoints_bad) {
        static const char *const bad[] = {
                MANIFEST(""),
                MANIFEST(ANNOTATION("coreos.com/rkt/stage1/run", "init")),
                MANIFEST(ANNOTATION("coreos.com/rkt/stage1/run", "/../init")),
                MANIFEST(ANNOTATION("coreos.com/rkt/stage1/run", "/")),
                MANIFEST(ANNOTATION("coreos.com/rkt/stage1/run", "/init") ","
                         ANNOTATION("coreos.com/rkt/stage1/interface-version", "five")),
                MANIFEST("{\"name\":\"x\"}"),
                MANIFEST("7"),
                "not JSON",
        };
        Stage1Entrypoints e;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_diag_ Diag d = {};

                CHECK_INT(load(bad[i], &e, &d), -EBADMSG);
                CHECK(diag_is_set(&d));
        }
        CHECK_INT(load(NULL, &e, NULL), -ENOENT);
}

DEFINE_TEST_MAIN()
