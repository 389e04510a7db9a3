/* SPDX-License-Identifier: Apache-2.0 */

#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/strv.h"
#include "basic/test.h"

static int new_dir(void) {
        _cleanup_free_ char *path = test_tmpdir();
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        CHECK(fd >= 0);
        return fd;
}

static void write_file(int dir_fd, const char *path, const char *text) {
        CHECK_INT(file_write_at(dir_fd, path, text, strlen(text), 0644, 0), 0);
}

static void check_file(int dir_fd, const char *path, const char *expected) {
        _cleanup_free_ char *text = NULL;

        CHECK_INT(file_read_at(dir_fd, path, SIZE_MAX, &text, NULL), 0);
        CHECK_STR(text, expected);
}

static void check_list(int dir_fd, const char *path, const char *expected) {
        _cleanup_strv_free_ char **names = NULL;

        CHECK_INT(dir_list_at(dir_fd, path, &names), 0);
        _cleanup_free_ char *joined = strv_join(names, " ");
        CHECK_STR(joined, expected);
}

TEST(mkdir_p) {
        _cleanup_close_ int fd = new_dir();
        struct stat st;

        CHECK_INT(mkdir_p_at(fd, "a/b//c/", 0750), 0);
        CHECK_INT(mkdir_p_at(fd, "a/b/c", 0700), 0);
        CHECK(fstatat(fd, "a/b/c", &st, 0) >= 0 && (st.st_mode & 07777) == 0750);
        CHECK_INT(mkdir_p_at(fd, "./", 0755), 0);
        CHECK_INT(mkdir_p_at(fd, "/", 0755), 0);
        CHECK_INT(mkdir_p_at(fd, "", 0755), -ENOENT);

        write_file(fd, "a/file", "");
        CHECK_INT(mkdir_p_at(fd, "a/file", 0755), -ENOTDIR);
        CHECK_INT(mkdir_p_at(fd, "a/file/x", 0755), -ENOTDIR);
        CHECK(symlinkat("nowhere", fd, "dangling") >= 0);
        CHECK_INT(mkdir_p_at(fd, "dangling", 0755), -ENOTDIR);
        CHECK_INT(mkdir_p_at(fd, "dangling/x", 0755), -ENOTDIR);
        CHECK(symlinkat("a", fd, "link") >= 0);
        CHECK_INT(mkdir_p_at(fd, "link/d", 0755), 0);
        CHECK_INT(path_exists_at(fd, "a/d"), 1);
}

TEST(file_write) {
        _cleanup_close_ int fd = new_dir();
        struct stat st;

        CHECK_INT(mkdir_p_at(fd, "d", 0755), 0);
        CHECK_INT(file_write_at(fd, "d/f", "one", 3, 0666, 0), 0);
        CHECK(fstatat(fd, "d/f", &st, 0) >= 0 && (st.st_mode & 07777) == 0666);
        CHECK_INT(file_write_at(fd, "d/f", "two", 3, 0600, WRITE_SYNC), 0);
        CHECK(fstatat(fd, "d/f", &st, 0) >= 0 && (st.st_mode & 07777) == 0600);
        CHECK_INT(file_write_at(fd, "d/f", "three", 5, 0600, WRITE_NEW), -EEXIST);
        check_file(fd, "d/f", "two");
        CHECK_INT(file_write_at(fd, "d/g", "", 0, 0600, WRITE_NEW | WRITE_SYNC), 0);
        check_list(fd, "d", "f g");

        CHECK_INT(file_write_at(fd, "none/f", "", 0, 0600, 0), -ENOENT);
        CHECK_INT(file_write_at(fd, "d/..", "", 0, 0600, 0), -EINVAL);
        CHECK_INT(file_write_at(fd, "d/", "", 0, 0600, 0), -EINVAL);
        CHECK_INT(file_write_at(fd, "d", "", 0, 0600, 0), -EISDIR);
        check_list(fd, ".", "d");
}

TEST(file_write_replaces_a_link) {
        _cleanup_close_ int fd = new_dir();

        write_file(fd, "target", "old");
        CHECK(symlinkat("target", fd, "link") >= 0);
        write_file(fd, "link", "new");
        check_file(fd, "link", "new");
        check_file(fd, "target", "old");
}

TEST(file_write_of_the_longest_name) {
        _cleanup_close_ int fd = new_dir();
        char name[NAME_MAX + 1];

        memset(name, 'n', NAME_MAX);
        name[NAME_MAX] = '\0';
        write_file(fd, name, "x");
        check_file(fd, name, "x");
}

TEST(rename_noreplace) {
        _cleanup_close_ int fd = new_dir();

        write_file(fd, "a", "a");
        write_file(fd, "b", "b");
        CHECK_INT(rename_noreplace_at(fd, "a", fd, "b"), -EEXIST);
        CHECK_INT(rename_noreplace_at(fd, "a", fd, "c"), 0);
        CHECK_INT(rename_noreplace_at(fd, "a", fd, "d"), -ENOENT);
        check_list(fd, ".", "b c");
}

static int count_entries(_unused_ int dir_fd, const char *name, unsigned char type, void *userdata) {
        unsigned *n = userdata;

        CHECK_INT(type, streq(name, "dir") ? DT_DIR : streq(name, "link") ? DT_LNK : DT_REG);
        return ++*n == 3 ? -ECANCELED : 0;
}

TEST(foreach_and_list) {
        _cleanup_close_ int fd = new_dir();
        unsigned n = 0;

        check_list(fd, ".", "");
        CHECK_INT(mkdirat(fd, "dir", 0755), 0);
        CHECK_INT(symlinkat("x", fd, "link"), 0);
        CHECK_INT(dir_foreach(fd, count_entries, &n), 0);
        CHECK_INT(n, 2);
        CHECK_INT(dir_foreach(fd, count_entries, &n), -ECANCELED);

        write_file(fd, "b", "");
        write_file(fd, "a", "");
        write_file(fd, "B", "");
        check_list(fd, ".", "B a b dir link");
        check_list(fd, "dir", "");

        char **names;
        CHECK_INT(dir_list_at(fd, "none", &names), -ENOENT);
        CHECK_INT(dir_list_at(fd, "a", &names), -ENOTDIR);
        CHECK_INT(dir_list_at(fd, "link", &names), -ENOTDIR);
}

TEST(list_of_many) {
        _cleanup_close_ int fd = new_dir();
        _cleanup_strv_free_ char **names = NULL;

        for (int i = 0; i < 300; i++) {
                _cleanup_free_ char *name = xasprintf("%04d", 299 - i);
                CHECK_INT(mkdirat(fd, name, 0755), 0);
        }
        CHECK_INT(dir_list_at(fd, ".", &names), 0);
        CHECK_INT(strv_length(names), 300);
        CHECK_STR(names[0], "0000");
        CHECK_STR(names[299], "0299");
}

TEST(size) {
        _cleanup_close_ int fd = new_dir();
        uint64_t size;

        CHECK_INT(mkdir_p_at(fd, "t/a/b", 0755), 0);
        write_file(fd, "t/one", "1");
        write_file(fd, "t/a/ten", "0123456789");
        write_file(fd, "t/a/b/hundred", "");
        _cleanup_close_ int file = openat(fd, "t/a/b/hundred", O_WRONLY | O_CLOEXEC);
        CHECK_INT(ftruncate(file, 100), 0);
        CHECK_INT(linkat(fd, "t/a/ten", fd, "t/same", 0), 0);
        CHECK_INT(linkat(fd, "t/a/ten", fd, "t/a/b/same", 0), 0);
        CHECK_INT(symlinkat("one", fd, "t/link"), 0);
        CHECK_INT(symlinkat("..", fd, "t/up"), 0);

        CHECK_INT(dir_size_at(fd, "t", &size), 0);
        CHECK_INT(size, 111);
        CHECK_INT(dir_size_at(fd, "t/link", &size), -ENOTDIR);
        CHECK_INT(dir_size_at(fd, "t/up", &size), -ENOTDIR);
        CHECK_INT(dir_size_at(fd, "none", &size), -ENOENT);
}

TEST(exists_and_sync) {
        _cleanup_close_ int fd = new_dir();

        CHECK_INT(path_exists_at(fd, "f"), 0);
        write_file(fd, "f", "");
        CHECK_INT(symlinkat("nowhere", fd, "link"), 0);
        CHECK_INT(path_exists_at(fd, "f"), 1);
        CHECK_INT(path_exists_at(fd, "link"), 1);
        CHECK_INT(path_exists_at(fd, "f/x"), -ENOTDIR);
        CHECK_INT(fsync_parent_at(fd, "f"), 0);
        CHECK_INT(fsync_parent_at(fd, "none/f"), -ENOENT);
}

DEFINE_TEST_MAIN()
