/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>

#include "basic/test.h"
#include "pod/machine-lock.h"

#define UUID "076292e6-54c4-4cc8-9fa7-679c5f7dcfd3"

static int open_tmpdir(void) {
        _cleanup_free_ char *path = test_tmpdir();
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        CHECK(fd >= 0);
        return fd;
}

TEST(second_one_is_told_who_has_it) {
        _cleanup_close_ int dir = open_tmpdir(), first = -EBADF, second = -EBADF;
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(machine_lock(dir, "web", &first, &diag), 0);
        CHECK_INT(machine_lock(dir, "web", &second, &diag), -EEXIST);
        CHECK_STR(diag.message, "machine \"web\" is being started already");

        CHECK_INT(machine_lock_set_uuid(first, UUID), 0);
        CHECK_INT(machine_lock(dir, "web", &second, &diag), -EEXIST);
        CHECK_STR(diag.message, "machine \"web\" is running already, as pod " UUID);
        CHECK_STR(diag.hint, "stop it first: rkt stop " UUID);
        CHECK_INT(second, -EBADF);
}

TEST(free_again_with_the_last_fd) {
        _cleanup_close_ int dir = open_tmpdir(), first = -EBADF, copy = -EBADF, second = -EBADF;
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(machine_lock(dir, "web", &first, &diag), 0);
        copy = dup(first);
        first = safe_close(first);
        CHECK_INT(machine_lock(dir, "web", &second, &diag), -EEXIST);
        copy = safe_close(copy);
        CHECK_INT(machine_lock(dir, "web", &second, &diag), 0);
}

TEST(names_stay_in_the_directory) {
        _cleanup_close_ int dir = open_tmpdir(), fd = -EBADF;

        CHECK_INT(machine_lock(dir, "../web", &fd, NULL), -EINVAL);
        CHECK_INT(machine_lock(dir, "..", &fd, NULL), -EINVAL);
        CHECK_INT(symlinkat("/dev/null", dir, "machines"), 0);
        CHECK(machine_lock(dir, "web", &fd, NULL) < 0);
}

DEFINE_TEST_MAIN()
