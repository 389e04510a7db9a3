/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/test.h"
#include "stage1/accounts.h"

#define PASSWD                                                                                     \
        "# comment\n"                                                                              \
        "bad:x:1000\n"                                                                             \
        "huge:x:4294967296:0:::\n"                                                                 \
        "unset:x:4294967295:0:::\n"                                                                \
        "negative:x:-1:0:::\n"                                                                     \
        "app:x:1000:1000:The App:/home/app:/bin/bash\n"                                            \
        "app:x:1001:1001::/other:/bin/other\n"                                                     \
        "relative:x:1002:1002::home:sh\n"                                                          \
        "0day:x:7:7::/:/bin/sh"

static int make_root(const char *passwd, const char *group) {
        _cleanup_free_ char *path = test_tmpdir();
        int fd = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);

        CHECK(fd >= 0);
        CHECK_INT(mkdir_p_at(fd, "etc", 0755), 0);
        if (passwd)
                CHECK_INT(file_write_at(fd, "etc/passwd", passwd, strlen(passwd), 0644, 0), 0);
        if (group)
                CHECK_INT(file_write_at(fd, "etc/group", group, strlen(group), 0644, 0), 0);
        return fd;
}

static void check_account(int fd, const char *user, const char *group, uid_t uid, gid_t gid) {
        _cleanup_(account_done) Account a = {};

        CHECK_INT(account_resolve(fd, user, group, &a, NULL), 0);
        CHECK_INT(a.uid, uid);
        CHECK_INT(a.gid, gid);
}

static void check_error(int fd, const char *user, const char *group, int error, const char *message) {
        _cleanup_diag_ Diag d = {};
        _cleanup_free_ char *line = NULL;
        Account a;

        CHECK_INT(account_resolve(fd, user, group, &a, &d), error);
        line = diag_format_line(&d);
        CHECK_STR(line, message);
}

TEST(names_and_numbers) {
        _cleanup_close_ int fd = make_root(PASSWD, "staff:x:50:a,b\n");

        check_account(fd, "0", "0", 0, 0);
        check_account(fd, "root", "root", 0, 0);
        check_account(fd, "app", "staff", 1000, 50);
        check_account(fd, "4294967294", "77", 4294967294, 77);
        check_account(fd, "0day", "0", 7, 0);
}

TEST(description) {
        _cleanup_close_ int fd = make_root(PASSWD, NULL);
        _cleanup_(account_done) Account by_name = {}, by_id = {}, unknown = {}, relative = {}, root = {};

        CHECK_INT(account_resolve(fd, "app", "0", &by_name, NULL), 0);
        CHECK_STR(by_name.name, "app");
        CHECK_STR(by_name.home, "/home/app");
        CHECK_STR(by_name.shell, "/bin/bash");
        CHECK_INT(account_resolve(fd, "1001", "0", &by_id, NULL), 0);
        CHECK_STR(by_id.home, "/other");
        CHECK_INT(account_resolve(fd, "4711", "0", &unknown, NULL), 0);
        CHECK_STR(unknown.name, "4711");
        CHECK_STR(unknown.home, "/");
        CHECK_STR(unknown.shell, "/bin/sh");
        CHECK_INT(account_resolve(fd, "relative", "0", &relative, NULL), 0);
        CHECK_STR(relative.home, "/");
        CHECK_INT(account_resolve(fd, "0", "0", &root, NULL), 0);
        CHECK_STR(root.name, "root");
        CHECK_STR(root.home, "/root");
}

TEST(not_found) {
        _cleanup_close_ int fd = make_root(PASSWD, "staff:x:50\n");

        check_error(fd, "user2", "0", -ESRCH, "\"user2\" user not found");
        check_error(fd, "0", "group2", -ESRCH, "\"group2\" group not found");
        check_error(fd, "0", "staff", -ESRCH, "\"staff\" group not found");
        check_error(fd, "bad", "0", -ESRCH, "\"bad\" user not found");
        check_error(fd, "huge", "0", -ESRCH, "\"huge\" user not found");
        check_error(fd, "unset", "0", -ESRCH, "\"unset\" user not found");
        check_error(fd, "negative", "0", -ESRCH, "\"negative\" user not found");
        check_error(fd, "4294967295", "0", -ESRCH, "\"4294967295\" user not found");
        check_error(fd, "-1", "0", -ESRCH, "\"-1\" user not found");
        check_error(fd, "", "0", -ESRCH, "\"\" user not found");
        check_error(fd, "a\nb", "0", -ESRCH, "\"a\\x0ab\" user not found");
}

TEST(no_files) {
        _cleanup_close_ int fd = make_root(NULL, NULL);

        check_account(fd, "1000", "1000", 1000, 1000);
        check_error(fd, "app", "0", -ESRCH, "\"app\" user not found");
}

TEST(paths) {
        _cleanup_close_ int fd = make_root(NULL, NULL);
        struct stat st;

        CHECK_INT(fstat(fd, &st), 0);
        CHECK_INT(symlinkat("/../../../etc", fd, "link"), 0);
        check_account(fd, "/link", "/etc", st.st_uid, st.st_gid);
        check_error(fd, "/missing", "0", -ENOENT,
                    "cannot take the user from \"/missing\": No such file or directory");
}

TEST(hostile_files) {
        _cleanup_close_ int fd = make_root(NULL, NULL);
        _cleanup_free_ char *big = malloc(ACCOUNT_FILE_MAX + 2);

        /* A link out of the root ends inside it. */
        CHECK_INT(symlinkat("/../../../../../../../../../etc/shadow", fd, "etc/passwd"), 0);
        check_error(fd, "app", "0", -ESRCH, "\"app\" user not found");
        CHECK_INT(unlinkat(fd, "etc/passwd", 0), 0);

        CHECK_INT(mkfifoat(fd, "etc/passwd", 0644), 0);
        check_error(fd, "app", "0", -EBADMSG, "/etc/passwd of the image is not a regular file");
        check_account(fd, "1000", "0", 1000, 0);
        CHECK_INT(unlinkat(fd, "etc/passwd", 0), 0);

        CHECK(big);
        memset(big, 'x', ACCOUNT_FILE_MAX + 1);
        CHECK_INT(file_write_at(fd, "etc/passwd", big, ACCOUNT_FILE_MAX + 1, 0644, 0), 0);
        check_error(fd, "app", "0", -EFBIG, "/etc/passwd of the image is larger than 1048576 bytes");

        CHECK_INT(file_write_at(fd, "etc/passwd", "app:x:0\0:0:::\n", 14, 0644, 0), 0);
        check_error(fd, "app", "0", -EBADMSG, "/etc/passwd of the image has a NUL byte");
}

DEFINE_TEST_MAIN()
