/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/test.h"
#include "layout/pods.h"
#include "pod/pod-internal.h"

/* What the tests of this folder share: a data directory, and pods in it in any state. */

/* The smallest images' ids. */
#define TEST_IMAGE_ID "sha512-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TEST_STAGE1_ID "sha512-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static inline int test_data_dir(void) {
        _cleanup_free_ char *path = test_tmpdir();

        CHECK(path);
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        CHECK(fd >= 0);
        CHECK_INT(pods_init(fd, NULL), 0);
        return fd;
}

static inline Pod *test_pod_new(int data_dir_fd) {
        Pod *p = NULL;

        CHECK_INT(pod_new(data_dir_fd, &p, NULL), 0);
        return p;
}

/* Moves it along the table as far as said; still locked unless prepared. */
static inline Pod *test_pod_in(int data_dir_fd, PodPhase phase) {
        static const PodPhase next[_POD_PHASE_MAX] = {
                [POD_PHASE_PREPARED] = POD_PHASE_PREPARED,
                [POD_PHASE_RUN] = POD_PHASE_RUN,
                [POD_PHASE_EXITED_GARBAGE] = POD_PHASE_RUN,
                [POD_PHASE_GARBAGE] = POD_PHASE_GARBAGE,
        };
        Pod *p = test_pod_new(data_dir_fd);

        if (phase > POD_PHASE_PREPARE)
                CHECK_INT(pod_transition(p, next[phase], NULL), 0);
        if (phase == POD_PHASE_EXITED_GARBAGE)
                CHECK_INT(pod_transition(p, phase, NULL), 0);
        return p;
}

static inline void test_write(const Pod *p, const char *file, const char *text) {
        _cleanup_free_ char *dir = strdup(file);
        char *slash = dir ? strrchr(dir, '/') : NULL;

        if (slash) {
                *slash = 0;
                CHECK_INT(mkdir_p_at(p->fd, dir, 0755), 0);
        }
        CHECK_INT(file_write_at(p->fd, file, text, strlen(text), 0644, 0), 0);
}

/* A manifest with the named apps, NULL-terminated. */
static inline void test_write_manifest(const Pod *p, const char *const *apps) {
        _cleanup_(string_buf_done) StringBuf b = {};

        CHECK_INT(string_buf_append(&b, "{\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\",\"apps\":["),
                  0);
        for (size_t i = 0; apps[i]; i++)
                CHECK_INT(string_buf_printf(
                                  &b,
                                  "%s{\"name\":\"%s\",\"image\":{\"name\":\"example.com/%s\",\"id\":\"%s\","
                                  "\"labels\":[{\"name\":\"version\",\"value\":\"1.%zu\"}]},"
                                  "\"app\":{\"exec\":[\"/bin/%s\"],\"user\":\"0\",\"group\":\"0\"}}",
                                  i > 0 ? "," : "", apps[i], apps[i], TEST_IMAGE_ID, i, apps[i]),
                          0);
        CHECK_INT(string_buf_append(&b, "],\"volumes\":[],\"isolators\":[],\"annotations\":[],\"ports\":[]}"),
                  0);
        test_write(p, POD_MANIFEST_FILE, b.data);
}

static inline PodState test_state(Pod *p) {
        PodState s;

        CHECK_INT(pod_refresh(p, &s), 0);
        return s;
}
