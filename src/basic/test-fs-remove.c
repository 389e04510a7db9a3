/* SPDX-License-Identifier: Apache-2.0 */

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "basic/fs-util.h"
#include "basic/path-util.h"
#include "basic/test.h"

static int new_dir(void) {
        _cleanup_free_ char *path = test_tmpdir();
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        CHECK(fd >= 0);
        return fd;
}

static void write_file(int dir_fd, const char *path) {
        CHECK_INT(file_write_at(dir_fd, path, "x", 1, 0644, 0), 0);
}

TEST(everything_but_what_links_lead_to) {
        _cleanup_close_ int fd = new_dir();

        CHECK_INT(mkdir_p_at(fd, "canary", 0755), 0);
        write_file(fd, "canary/file");
        CHECK_INT(mkdir_p_at(fd, "t/a/b", 0755), 0);
        CHECK_INT(mkdir_p_at(fd, "t/empty", 0755), 0);
        write_file(fd, "t/a/file");
        CHECK_INT(symlinkat("../canary", fd, "t/link"), 0);
        CHECK_INT(symlinkat("../../canary/file", fd, "t/a/link"), 0);
        CHECK_INT(symlinkat("nowhere", fd, "t/dangling"), 0);
        CHECK_INT(mkfifoat(fd, "t/fifo", 0600), 0);

        CHECK_INT(rm_rf_at(fd, "t"), 0);
        CHECK_INT(path_exists_at(fd, "t"), 0);
        CHECK_INT(path_exists_at(fd, "canary/file"), 1);
}

TEST(single_things) {
        _cleanup_close_ int fd = new_dir();

        write_file(fd, "file");
        CHECK_INT(mkdir_p_at(fd, "canary", 0755), 0);
        CHECK_INT(symlinkat("canary", fd, "link"), 0);
        CHECK_INT(rm_rf_at(fd, "file"), 0);
        CHECK_INT(rm_rf_at(fd, "link"), 0);
        CHECK_INT(path_exists_at(fd, "canary"), 1);
        CHECK_INT(rm_rf_at(fd, "none"), 0);
        CHECK_INT(rm_rf_at(fd, "none/x"), 0);
        CHECK_INT(rm_rf_at(fd, ".."), -EINVAL);
        CHECK_INT(rm_rf_at(fd, "."), -EINVAL);
        CHECK_INT(rm_rf_at(fd, "canary/"), -EINVAL);
        CHECK_INT(rm_rf_at(fd, ""), -EINVAL);
}

static void make_deep(int dir_fd, const char *name, unsigned depth) {
        int fd = dup(dir_fd);

        for (unsigned i = 0; i < depth; i++) {
                CHECK_INT(mkdirat(fd, name, 0755), 0);
                int next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                CHECK(next >= 0);
                if (i % 100 == 0)
                        write_file(next, "file");
                close(fd);
                fd = next;
        }
        close(fd);
}

TEST(deeper_than_there_are_descriptors) {
        _cleanup_close_ int fd = new_dir();
        struct rlimit before, few = { 64, 64 };
        uint64_t size;

        CHECK_INT(mkdirat(fd, "t", 0755), 0);
        _cleanup_close_ int top = openat(fd, "t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        make_deep(top, "d", 3000);
        make_deep(top, "e", 500);
        CHECK_INT(dir_size_at(fd, "t/e", &size), 0);
        CHECK_INT(size, 5);

        CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
        few.rlim_max = before.rlim_max;
        CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
        CHECK_INT(rm_rf_at(fd, "t"), 0);
        CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
        CHECK_INT(path_exists_at(fd, "t"), 0);
}

TEST(wide) {
        _cleanup_close_ int fd = new_dir();

        CHECK_INT(mkdirat(fd, "t", 0755), 0);
        _cleanup_close_ int top = openat(fd, "t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        for (unsigned i = 0; i < 2000; i++) {
                _cleanup_free_ char *name = xasprintf("%s%u", i % 2 == 0 ? "f" : "d", i);
                if (i % 2 == 0)
                        CHECK(mknodat(top, name, S_IFREG | 0600, 0) >= 0);
                else
                        CHECK(mkdirat(top, name, 0700) >= 0);
        }
        CHECK_INT(rm_rf_at(fd, "t"), 0);
        CHECK_INT(path_exists_at(fd, "t"), 0);
}

/* The child gets a mount namespace of its own; 77: we may not. */
static int in_mount_namespace(void (*f)(const char *path), const char *path) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
                if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                        _exit(77);
                f(path);
                _exit(0);
        }

        int status;
        CHECK_INT(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void remove_with_mounts(const char *path) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_free_ char *tmpfs = path_join(path, "t/a/mount");
        _cleanup_free_ char *canary = path_join(path, "canary");
        _cleanup_free_ char *bind = path_join(path, "bound/mount");

        CHECK_INT(mkdir_p_at(fd, "canary", 0755), 0);
        write_file(fd, "canary/file");
        CHECK_INT(mkdir_p_at(fd, "t/a/mount", 0755), 0);
        CHECK_INT(mkdir_p_at(fd, "bound/mount", 0755), 0);
        CHECK_INT(mount("tmpfs", tmpfs, "tmpfs", 0, NULL), 0);
        write_file(fd, "t/a/mount/file");
        /* The same file system and device number: only the mount tells. */
        CHECK_INT(mount(canary, bind, NULL, MS_BIND, NULL), 0);

        CHECK_INT(rm_rf_at(fd, "t"), -EXDEV);
        CHECK_INT(path_exists_at(fd, "t/a/mount/file"), 1);
        CHECK_INT(rm_rf_at(fd, "t/a/mount"), -EXDEV);
        CHECK_INT(path_exists_at(fd, "t/a/mount/file"), 1);
        CHECK_INT(rm_rf_at(fd, "bound"), -EXDEV);
        CHECK_INT(path_exists_at(fd, "canary/file"), 1);

        CHECK_INT(umount2(tmpfs, 0), 0);
        CHECK_INT(umount2(bind, 0), 0);
        CHECK_INT(rm_rf_at(fd, "t"), 0);
        CHECK_INT(rm_rf_at(fd, "bound"), 0);
        CHECK_INT(path_exists_at(fd, "canary/file"), 1);
}

TEST(mounts_are_not_entered) {
        _cleanup_free_ char *path = test_tmpdir();

        int code = in_mount_namespace(remove_with_mounts, path);
        if (code == 77)
                printf("# no privilege to mount\n");
        else
                CHECK_INT(code, 0);
}

/* Exchanges directories of the tree with links to what must survive, until killed. It must not itself move
 * what is behind those links: nothing there has a name that it uses. */
_noreturn_ static void swap_forever(int fd) {
        for (;;) {
                (void) symlinkat("../canary", fd, "t/s");
                (void) renameat2(fd, "t/s", fd, "t/a", RENAME_EXCHANGE);
                (void) renameat2(fd, "t/s", fd, "t/a/b", RENAME_EXCHANGE);
                (void) symlinkat("canary", fd, "trap");
                (void) renameat2(fd, "trap", fd, "t", RENAME_EXCHANGE);
                (void) renameat2(fd, "trap", fd, "t", RENAME_EXCHANGE);
        }
}

TEST(swapped_while_removing) {
        _cleanup_close_ int fd = new_dir();

        CHECK_INT(mkdir_p_at(fd, "canary/x/y", 0755), 0);
        write_file(fd, "canary/file");
        write_file(fd, "canary/x/file");
        write_file(fd, "canary/x/y/file");

        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0)
                swap_forever(fd);

        for (int i = 0; i < 1000; i++) {
                (void) mkdir_p_at(fd, "t/a/b/c", 0755);
                (void) mkdir_p_at(fd, "t/d", 0755);
                (void) rm_rf_at(fd, "t");
        }

        CHECK_INT(kill(pid, SIGKILL), 0);
        CHECK_INT(waitpid(pid, NULL, 0), pid);
        CHECK_INT(path_exists_at(fd, "canary/file"), 1);
        CHECK_INT(path_exists_at(fd, "canary/x/file"), 1);
        CHECK_INT(path_exists_at(fd, "canary/x/y/file"), 1);

        CHECK_INT(rm_rf_at(fd, "t"), 0);
        CHECK_INT(path_exists_at(fd, "t"), 0);
}

DEFINE_TEST_MAIN()
