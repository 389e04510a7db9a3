/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "basic/fd-util.h"
#include "basic/test.h"

static int new_file(const char *content, size_t n) {
        int fd = memfd_create("test", MFD_CLOEXEC);

        CHECK(fd >= 0);
        CHECK_INT(fd_write_all(fd, content, n), 0);
        CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
        return fd;
}

TEST(read_exact) {
        char buf[8] = "";
        _cleanup_close_ int fd = new_file("abcdef", 6);

        CHECK_INT(fd_read_exact(fd, buf, 4), 0);
        CHECK_STR(buf, "abcd");
        CHECK_INT(fd_read_exact(fd, buf, 3), -EIO);
        CHECK_INT(fd_read_exact(-EBADF, buf, 1), -EBADF);
        CHECK_INT(fd_write_all(-EBADF, buf, 1), -EBADF);
}

TEST(read_all) {
        _cleanup_close_ int fd = new_file("a\0bc", 4);
        _cleanup_free_ char *text = NULL, *again = NULL;
        size_t size;

        CHECK_INT(fd_read_all(fd, 3, &text, &size), -EFBIG);
        CHECK_INT(fd_read_all(fd, 4, &text, &size), 0);
        CHECK_INT(size, 4);
        CHECK(memcmp(text, "a\0bc", 5) == 0);
        CHECK_INT(fd_read_all(fd, 4, &again, NULL), 0);
        CHECK_STR(again, "");
}

TEST(read_all_of_unknown_size) {
        int fds[2];
        CHECK(pipe2(fds, O_CLOEXEC) >= 0);
        CHECK(fcntl(fds[1], F_SETPIPE_SZ, 1 << 20) >= 0);

        _cleanup_free_ char *data = calloc(1, 100000), *text = NULL;
        memset(data, 'x', 100000);
        CHECK_INT(fd_write_all(fds[1], data, 100000), 0);
        close(fds[1]);

        size_t size;
        CHECK_INT(fd_read_all(fds[0], SIZE_MAX, &text, &size), 0);
        CHECK_INT(size, 100000);
        CHECK_INT(strlen(text), 100000);
        close(fds[0]);

        _cleanup_free_ char *proc = NULL;
        CHECK_INT(file_read_at(AT_FDCWD, "/proc/self/status", 1 << 20, &proc, &size), 0);
        CHECK(startswith(proc, "Name:"));
        CHECK_INT(file_read_at(AT_FDCWD, "/proc/self/status", 10, &proc, &size), -EFBIG);
}

TEST(file_read) {
        _cleanup_free_ char *dir = test_tmpdir(), *text = NULL;
        _cleanup_close_ int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        CHECK(mkdirat(dir_fd, "dir", 0755) >= 0);
        CHECK(symlinkat("dir", dir_fd, "link") >= 0);
        CHECK(mkfifoat(dir_fd, "fifo", 0600) >= 0);
        CHECK_INT(file_read_at(dir_fd, "none", 10, &text, NULL), -ENOENT);
        CHECK_INT(file_read_at(dir_fd, "dir", 10, &text, NULL), -EISDIR);
        CHECK_INT(file_read_at(dir_fd, "link", 10, &text, NULL), -ELOOP);
        CHECK_INT(file_read_at(dir_fd, "fifo", 10, &text, NULL), -ENOTSUP);
        CHECK(!text);
}

static void check_copy(int from, const char *expected) {
        _cleanup_close_ int to = new_file("", 0);
        _cleanup_free_ char *text = NULL;
        uint64_t copied;

        CHECK_INT(fd_copy(from, to, strlen(expected), &copied), 0);
        CHECK_INT(copied, strlen(expected));
        CHECK_INT(lseek(to, 0, SEEK_SET), 0);
        CHECK_INT(fd_read_all(to, SIZE_MAX, &text, NULL), 0);
        CHECK_STR(text, expected);
}

TEST(copy) {
        _cleanup_close_ int from = new_file("0123456789", 10);
        uint64_t copied;

        check_copy(from, "0123456789");
        CHECK_INT(lseek(from, 4, SEEK_SET), 4);
        check_copy(from, "456789");
        check_copy(from, "");

        CHECK_INT(lseek(from, 0, SEEK_SET), 0);
        _cleanup_close_ int to = new_file("", 0);
        CHECK_INT(fd_copy(from, to, 9, &copied), -EFBIG);
        CHECK_INT(lseek(from, 0, SEEK_SET), 0);
        CHECK_INT(fd_copy(from, to, UINT64_MAX, NULL), 0);
}

TEST(copy_of_a_pipe) {
        int fds[2];
        CHECK(pipe2(fds, O_CLOEXEC) >= 0);
        CHECK_INT(fd_write_all(fds[1], "piped", 5), 0);
        close(fds[1]);
        check_copy(fds[0], "piped");
        close(fds[0]);

        CHECK(pipe2(fds, O_CLOEXEC) >= 0);
        CHECK_INT(fd_write_all(fds[1], "piped", 5), 0);
        close(fds[1]);
        _cleanup_close_ int to = new_file("", 0);
        CHECK_INT(fd_copy(fds[0], to, 4, NULL), -EFBIG);
        close(fds[0]);
}

TEST(copy_of_a_file_of_no_size) {
        _cleanup_close_ int from = open("/proc/self/comm", O_RDONLY | O_CLOEXEC);

        CHECK(from >= 0);
        check_copy(from, "test-fd-util\n");
}

TEST(copy_to_a_full_disk) {
        _cleanup_close_ int from = new_file("x", 1), to = open("/dev/full", O_WRONLY | O_CLOEXEC);

        CHECK_INT(fd_copy(from, to, 10, NULL), -ENOSPC);
}

TEST(cloexec) {
        _cleanup_close_ int fd = new_file("", 0);

        CHECK_INT(fd_set_cloexec(fd, false), 0);
        CHECK_INT(fcntl(fd, F_GETFD), 0);
        CHECK_INT(fd_set_cloexec(fd, true), 0);
        CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
        CHECK_INT(fd_set_cloexec(-EBADF, true), -EBADF);
}

TEST(is_regular) {
        _cleanup_free_ char *dir = test_tmpdir();
        _cleanup_close_ int file = new_file("", 0), dir_fd = open(dir, O_RDONLY | O_CLOEXEC);
        CHECK(symlinkat("x", dir_fd, "link") >= 0);
        _cleanup_close_ int link = openat(dir_fd, "link", O_PATH | O_NOFOLLOW | O_CLOEXEC);
        _cleanup_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);

        CHECK_INT(fd_is_regular(file), 0);
        CHECK_INT(fd_is_regular(dir_fd), -EISDIR);
        CHECK_INT(fd_is_regular(link), -ELOOP);
        CHECK_INT(fd_is_regular(null), -ENOTSUP);
        CHECK_INT(fd_is_regular(-EBADF), -EBADF);
}

static int wait_child(pid_t pid) {
        int status;

        CHECK_INT(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(fix_stdio) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
                close(STDIN_FILENO);
                close(STDERR_FILENO);
                int r = fd_fix_stdio();
                _exit(r < 0 || fcntl(STDIN_FILENO, F_GETFD) != 0 || fcntl(STDERR_FILENO, F_GETFD) != 0);
        }
        CHECK_INT(wait_child(pid), 0);
}

static bool is_open(int fd) {
        return fcntl(fd, F_GETFD) >= 0;
}

TEST(close_others) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
                for (int fd = 3; fd < 20; fd++)
                        (void) dup2(STDIN_FILENO, fd);
                int r = fd_close_others((const int[]) { 12, 3, -EBADF, 7, 8, 7, 1 }, 7);
                bool good = r >= 0;
                for (int fd = 0; fd < 20; fd++)
                        good = good && is_open(fd) == (fd <= 3 || fd == 7 || fd == 8 || fd == 12);
                r = fd_close_others(NULL, 0);
                _exit(!good || r < 0 || is_open(3) || !is_open(2));
        }
        CHECK_INT(wait_child(pid), 0);
}

TEST(memfd) {
        _cleanup_close_ int fd = memfd_new_sealed("x", "data", 4);
        _cleanup_free_ char *text = NULL;

        CHECK(fd >= 0);
        CHECK_INT(fd_read_all(fd, 100, &text, NULL), 0);
        CHECK_STR(text, "data");
        CHECK_INT(fd_write_all(fd, "x", 1), -EPERM);
        CHECK(ftruncate(fd, 0) < 0 && errno == EPERM);
        CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

DEFINE_TEST_MAIN()
