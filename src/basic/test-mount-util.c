/* SPDX-License-Identifier: Apache-2.0 */

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "basic/fs-util.h"
#include "basic/mount-util.h"
#include "basic/path-util.h"
#include "basic/strv.h"
#include "basic/test.h"

/* Runs f in a directory of its own, in a child with a mount namespace of its own. */
static void in_mount_namespace(void (*f)(const char *dir, int dir_fd)) {
        _cleanup_free_ char *dir = test_tmpdir();

        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
                if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                        _exit(77);
                /* Of the new namespace. */
                _cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                f(dir, fd);
                _exit(0);
        }

        int status;
        CHECK_INT(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
                printf("# no privilege to mount\n");
        else
                CHECK_INT(status, 0);
}

static char *make_dir(const char *dir, int dir_fd, const char *path) {
        char *full = path_join(dir, path);

        CHECK(full);
        CHECK_INT(mkdir_p_at(dir_fd, path, 0755), 0);
        return full;
}

static void check_overlay(const char *dir, int dir_fd) {
        /* Each character that means something to the option parser. */
        _cleanup_free_ char *top = make_dir(dir, dir_fd, "to:p,\\x");
        _cleanup_free_ char *bottom = make_dir(dir, dir_fd, "bottom");
        _cleanup_free_ char *upper = make_dir(dir, dir_fd, "u:p,pe\\r");
        _cleanup_free_ char *work = make_dir(dir, dir_fd, "w,o:r\\k");
        _cleanup_free_ char *target = make_dir(dir, dir_fd, "target");
        _cleanup_free_ char *text = NULL;

        CHECK_INT(file_write_at(dir_fd, "to:p,\\x/both", "top", 3, 0644, 0), 0);
        CHECK_INT(file_write_at(dir_fd, "bottom/both", "bottom", 6, 0644, 0), 0);
        CHECK_INT(file_write_at(dir_fd, "bottom/one", "one", 3, 0644, 0), 0);

        OverlayMount m = {
                .lower_dirs = (char *[]) { top, bottom, NULL },
                .upper_dir = upper,
                .work_dir = work,
                .options = "index=off",
        };
        _cleanup_close_ int target_fd = open(target, O_PATH | O_DIRECTORY | O_CLOEXEC);
        _cleanup_diag_ Diag diag = {};
        int r = mount_overlay(target_fd, &m, &diag);
        if (r < 0)
                test_fail(__FILE__, __LINE__, "%s", diag.message);

        CHECK_INT(path_is_mount_point(dir_fd, "target"), 1);
        CHECK_INT(path_is_mount_point(dir_fd, "bottom"), 0);
        CHECK_INT(path_exists_at(dir_fd, "target/one"), 1);
        CHECK_INT(file_read_at(dir_fd, "target/both", 100, &text, NULL), 0);
        CHECK_STR(text, "top");
        CHECK_INT(file_write_at(dir_fd, "target/new", "", 0, 0644, 0), 0);
        CHECK_INT(path_exists_at(dir_fd, "u:p,pe\\r/new"), 1);

        struct stat st;
        CHECK(mknodat(dir_fd, "target/null", S_IFCHR | 0666, 1 << 8 | 3) >= 0);
        CHECK(fstatat(dir_fd, "target/null", &st, 0) >= 0);
        CHECK_INT(openat(dir_fd, "target/null", O_RDONLY | O_CLOEXEC), -1);
        CHECK_INT(errno, EACCES);

        CHECK_INT(umount_recursive(target), 0);
        CHECK_INT(path_is_mount_point(dir_fd, "target"), 0);
}

TEST(overlay) {
        in_mount_namespace(check_overlay);
}

static void check_overlay_failures(const char *dir, int dir_fd) {
        _cleanup_free_ char *target = make_dir(dir, dir_fd, "target");
        _cleanup_free_ char *lower = make_dir(dir, dir_fd, "lower");
        _cleanup_close_ int target_fd = open(target, O_PATH | O_DIRECTORY | O_CLOEXEC);
        _cleanup_diag_ Diag diag = {};
        _cleanup_strv_free_ char **many = NULL;

        OverlayMount m = {
                .lower_dirs = (char *[]) { lower, NULL },
                .upper_dir = "/none/upper",
                .work_dir = "/none/work",
        };
        CHECK_INT(mount_overlay(target_fd, &m, &diag), -ENOENT);
        CHECK_STR(diag.message, "cannot mount overlay with upper directory \"/none/upper\": "
                                "No such file or directory");

        while (strv_length(many) < 500)
                CHECK_INT(strv_extend(&many, lower), 0);
        m.lower_dirs = many;
        CHECK_INT(mount_overlay(target_fd, &m, &diag), -E2BIG);
        CHECK_STR(diag.message, "overlay of 500 layers: paths too long for mount(2)");
}

TEST(overlay_failures) {
        in_mount_namespace(check_overlay_failures);
}

TEST(overlay_support) {
        _cleanup_free_ char *dir = test_tmpdir();
        _cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_strv_free_ char **names = NULL;
        _cleanup_diag_ Diag diag = {};

        int r = overlay_is_supported(fd, &diag);
        CHECK(r >= 0);
        CHECK_INT(diag_is_set(&diag), r == 0);
        printf("# %s\n", r > 0 ? "overlay is supported" : diag.message);
        CHECK_INT(dir_list_at(fd, ".", &names), 0);
        CHECK(!names[0]);
        CHECK_INT(overlay_is_supported(-EBADF, &diag), -EBADF);
}

static void check_overlay_on_overlay(const char *dir, int dir_fd) {
        _cleanup_free_ char *lower = make_dir(dir, dir_fd, "lower");
        _cleanup_free_ char *upper = make_dir(dir, dir_fd, "upper");
        _cleanup_free_ char *work = make_dir(dir, dir_fd, "work");
        _cleanup_free_ char *target = make_dir(dir, dir_fd, "target");
        OverlayMount m = {
                .lower_dirs = (char *[]) { lower, NULL },
                .upper_dir = upper,
                .work_dir = work,
        };
        _cleanup_close_ int target_fd = open(target, O_PATH | O_DIRECTORY | O_CLOEXEC);
        CHECK_INT(mount_overlay(target_fd, &m, NULL), 0);

        /* Not for an upper directory: no whiteouts there. */
        _cleanup_close_ int fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_diag_ Diag diag = {};
        CHECK_INT(overlay_is_supported(fd, &diag), 0);
        CHECK(startswith(diag.message, "overlay is not supported here: cannot "));
}

TEST(no_overlay_support) {
        in_mount_namespace(check_overlay_on_overlay);
}

static void mount_tmpfs(const char *path) {
        CHECK_INT(mount("tmpfs", path, "tmpfs", 0, NULL), 0);
}

static void check_umount(const char *dir, int dir_fd) {
        _cleanup_free_ char *a = make_dir(dir, dir_fd, "pod/a \\ b\t");
        _cleanup_free_ char *beside = make_dir(dir, dir_fd, "pod-2");
        _cleanup_free_ char *pod = path_join(dir, "pod");

        CHECK_INT(umount_recursive(pod), 0);
        mount_tmpfs(beside);
        mount_tmpfs(a);
        _cleanup_free_ char *deep = make_dir(dir, dir_fd, "pod/a \\ b\t/deep/er");
        mount_tmpfs(deep);
        mount_tmpfs(deep); /* stacked */
        mount_tmpfs(a);    /* hides those below */
        mount_tmpfs(pod);

        CHECK_INT(umount_recursive(pod), 0);
        CHECK_INT(path_is_mount_point(dir_fd, "pod"), 0);
        CHECK_INT(path_is_mount_point(dir_fd, "pod/a \\ b\t"), 0);
        CHECK_INT(path_exists_at(dir_fd, "pod/a \\ b\t/deep"), 0);
        CHECK_INT(path_is_mount_point(dir_fd, "pod-2"), 1);

        CHECK_INT(umount_recursive("/none/such"), 0);
        CHECK_INT(umount_recursive("/"), -EINVAL);
}

static void check_umount_at(const char *dir, int dir_fd) {
        _cleanup_free_ char *pod = make_dir(dir, dir_fd, "pod");
        _cleanup_free_ char *beside = make_dir(dir, dir_fd, "pod-2");

        mount_tmpfs(beside);
        mount_tmpfs(pod);
        mount_tmpfs(pod); /* stacked */
        _cleanup_free_ char *below = make_dir(dir, dir_fd, "pod/app");
        mount_tmpfs(below);

        CHECK_INT(umount_at(dir_fd, "pod"), 0);
        CHECK_INT(path_is_mount_point(dir_fd, "pod"), 0);
        CHECK_INT(path_exists_at(dir_fd, "pod/app"), 0);
        CHECK_INT(path_is_mount_point(dir_fd, "pod-2"), 1);

        CHECK_INT(umount_at(dir_fd, "pod"), 0);
        CHECK_INT(umount_at(dir_fd, "absent"), 0);
        CHECK_INT(symlinkat("pod-2", dir_fd, "link"), 0);
        CHECK_INT(umount_at(dir_fd, "link"), 0);
        CHECK_INT(path_is_mount_point(dir_fd, "pod-2"), 1);
}

TEST(umount_at) {
        in_mount_namespace(check_umount_at);
}

TEST(umount) {
        in_mount_namespace(check_umount);
}

static void check_umount_through_link(const char *dir, int dir_fd) {
        _cleanup_free_ char *canary = make_dir(dir, dir_fd, "canary/mount");
        _cleanup_free_ char *pod = path_join(dir, "pod");
        _cleanup_free_ char *inner = make_dir(dir, dir_fd, "pod/x/mount");

        /* The pod replaces what leads to its mount by a link to what has a mount of the same name. */
        mount_tmpfs(canary);
        mount_tmpfs(inner);
        CHECK_INT(renameat(dir_fd, "pod/x", dir_fd, "pod/y"), 0);
        CHECK_INT(symlinkat("../canary", dir_fd, "pod/x"), 0);
        CHECK_INT(umount_recursive(pod), 0);
        CHECK_INT(path_is_mount_point(dir_fd, "canary/mount"), 1);
        CHECK_INT(path_is_mount_point(dir_fd, "pod/y/mount"), 0);
}

TEST(umount_through_link) {
        in_mount_namespace(check_umount_through_link);
}

TEST(mount_point) {
        CHECK_INT(path_is_mount_point(AT_FDCWD, "/proc"), 1);
        CHECK_INT(path_is_mount_point(AT_FDCWD, "/proc/self/root"), 0);
        CHECK_INT(path_is_mount_point(AT_FDCWD, "/none"), -ENOENT);
}

DEFINE_TEST_MAIN()
