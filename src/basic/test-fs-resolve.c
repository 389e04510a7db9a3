/* SPDX-License-Identifier: Apache-2.0 */

#include <linux/openat2.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "basic/fs-util.h"
#include "basic/test.h"

/* Every case is tried with the kernel's openat2() and with the walk that stands in for it. */

static const uint64_t in_root = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
static const uint64_t beneath = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

/* outside/secret, and root/ with what a hostile image would put there. */
static int make_tree(void) {
        static const char *const links[][2] = {
                { "../../../outside/secret", "root/up" },
                { "/outside/secret", "root/absolute" },
                { "/etc/inside", "root/to-inside" },
                { "inside", "root/etc/near" },
                { "to-inside", "root/to-to-inside" },
                { "self", "root/self" },
                { "etc", "root/etc-link" },
                { "/", "root/slash" },
                { "etc/", "root/etc-slash" },
                { "/etc/new", "root/dangling" },
                { "../../etc/../etc/inside", "root/etc/dots" },
                { "/proc/self/root", "root/magic" },
        };
        _cleanup_free_ char *dir = test_tmpdir();
        _cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        CHECK_INT(mkdir_p_at(fd, "outside", 0755), 0);
        CHECK_INT(file_write_at(fd, "outside/secret", "secret", 6, 0644, 0), 0);
        CHECK_INT(mkdir_p_at(fd, "root/etc/deep", 0755), 0);
        CHECK_INT(file_write_at(fd, "root/etc/inside", "inside", 6, 0644, 0), 0);
        for (size_t i = 0; i < ELEMENTSOF(links); i++)
                CHECK_INT(symlinkat(links[i][0], fd, links[i][1]), 0);

        int root_fd = openat(fd, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        CHECK(root_fd >= 0);
        return root_fd;
}

typedef struct Case {
        const char *path;
        int flags;
        int error;           /* 0: opens */
        const char *content; /* of the file, if it is one */
} Case;

static void check_opened(int fd, const Case *c, const char *by) {
        if (c->error < 0 ? fd != c->error : fd < 0)
                test_fail(__FILE__, __LINE__, "%s by %s: %d, expected %d", c->path, by, fd, c->error);
        if (fd < 0)
                return;

        CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
        if (c->content) {
                _cleanup_free_ char *text = NULL;
                CHECK_INT(fd_read_all(fd, SIZE_MAX, &text, NULL), 0);
                CHECK_STR(text, c->content);
        }
        close(fd);
}

static void check_cases(int root_fd, const Case *cases, size_t n, uint64_t resolve) {
        for (size_t i = 0; i < n; i++) {
                const Case *c = &cases[i];
                const struct open_how how = { .flags = (unsigned) c->flags, .resolve = resolve };

                check_opened(resolve == in_root ? open_in_root(root_fd, c->path, c->flags, 0)
                                                : open_beneath(root_fd, c->path, c->flags, 0),
                             c, "openat2");
                check_opened(openat2_by_walk(root_fd, c->path, &how), c, "walk");
        }
}

TEST(in_root) {
        static const Case cases[] = {
                { "etc/inside", O_RDONLY, 0, "inside" },
                { "/etc/inside", O_RDONLY, 0, "inside" },
                { "//etc/./deep/../inside", O_RDONLY, 0, "inside" },
                { "../../../../etc/inside", O_RDONLY, 0, "inside" },
                { "to-inside", O_RDONLY, 0, "inside" },
                { "to-to-inside", O_RDONLY, 0, "inside" },
                { "etc/near", O_RDONLY, 0, "inside" },
                { "etc/dots", O_RDONLY, 0, "inside" },
                { "etc-link/near", O_RDONLY, 0, "inside" },
                { "etc-slash/inside", O_RDONLY, 0, "inside" },
                { "slash/slash/etc/inside", O_RDONLY, 0, "inside" },
                { "etc", O_RDONLY | O_DIRECTORY, 0, NULL },
                { "etc/", O_RDONLY, 0, NULL },
                { "etc-link/", O_RDONLY | O_NOFOLLOW, 0, NULL },
                { "/", O_RDONLY, 0, NULL },
                { "..", O_PATH, 0, NULL },
                { "up", O_PATH | O_NOFOLLOW, 0, NULL },
                { "up", O_RDONLY, -ENOENT, NULL },
                { "absolute", O_RDONLY, -ENOENT, NULL },
                { "up", O_RDONLY | O_NOFOLLOW, -ELOOP, NULL },
                { "self", O_RDONLY, -ELOOP, NULL },
                { "self/x", O_RDONLY, -ELOOP, NULL },
                { "etc/inside/", O_RDONLY, -ENOTDIR, NULL },
                { "etc/inside/x", O_RDONLY, -ENOTDIR, NULL },
                { "etc/inside/..", O_RDONLY, -ENOTDIR, NULL },
                { "to-inside", O_RDONLY | O_DIRECTORY, -ENOTDIR, NULL },
                { "none/x", O_RDONLY, -ENOENT, NULL },
                { "none", O_RDONLY, -ENOENT, NULL },
                { "etc", O_WRONLY, -EISDIR, NULL },
                { "magic", O_PATH, -ENOENT, NULL },
                { "", O_RDONLY, -ENOENT, NULL },
        };
        _cleanup_close_ int root_fd = make_tree();

        check_cases(root_fd, cases, ELEMENTSOF(cases), in_root);
}

TEST(beneath) {
        static const Case cases[] = {
                { "etc/inside", O_RDONLY, 0, "inside" },
                { "etc/deep/../inside", O_RDONLY, 0, "inside" },
                { ".", O_RDONLY | O_DIRECTORY, 0, NULL },
                { "/etc/inside", O_RDONLY, -EXDEV, NULL },
                { "../outside/secret", O_RDONLY, -EXDEV, NULL },
                { "etc/../../root/etc/inside", O_RDONLY, -EXDEV, NULL },
                { "to-inside", O_RDONLY, -ELOOP, NULL },
                { "etc-link/inside", O_RDONLY, -ELOOP, NULL },
                { "up", O_PATH | O_NOFOLLOW, 0, NULL },
                { "none", O_RDONLY, -ENOENT, NULL },
        };
        _cleanup_close_ int root_fd = make_tree();

        check_cases(root_fd, cases, ELEMENTSOF(cases), beneath);
}

TEST(magic_links_are_not_followed) {
        _cleanup_close_ int fd = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
        const struct open_how how = { .flags = O_PATH, .resolve = in_root };

        CHECK_INT(open_in_root(fd, "exe", O_PATH, 0), -ELOOP);
        /* Read as text and looked for in the root, there is no such file. */
        CHECK_INT(openat2_by_walk(fd, "exe", &how), -ENOENT);
}

TEST(long_chain_of_links) {
        _cleanup_close_ int root_fd = make_tree();

        for (int i = 0; i < 41; i++) {
                _cleanup_free_ char *from = i == 0 ? strdup("etc/inside") : xasprintf("chain%d", i - 1);
                _cleanup_free_ char *to = xasprintf("chain%d", i);
                CHECK_INT(symlinkat(from, root_fd, to), 0);
        }

        static const Case cases[] = {
                { "chain39", O_RDONLY, 0, "inside" },
                { "chain40", O_RDONLY, -ELOOP, NULL },
        };
        check_cases(root_fd, cases, ELEMENTSOF(cases), in_root);
}

static int open_by(int root_fd, const char *path, int flags, bool walk) {
        const struct open_how how = { .flags = (unsigned) flags, .mode = 0640, .resolve = in_root };

        return walk ? openat2_by_walk(root_fd, path, &how) : open_in_root(root_fd, path, flags, 0640);
}

TEST(create) {
        for (int walk = 0; walk < 2; walk++) {
                _cleanup_close_ int root_fd = make_tree();
                struct stat st;

                _cleanup_close_ int a = open_by(root_fd, "etc/a", O_CREAT | O_RDWR, walk);
                CHECK(a >= 0 && fstat(a, &st) >= 0 && (st.st_mode & 07777) == 0640);

                /* Through a dangling link, inside. */
                _cleanup_close_ int b = open_by(root_fd, "dangling", O_CREAT | O_RDWR, walk);
                CHECK(b >= 0);
                CHECK_INT(path_exists_at(root_fd, "etc/new"), 1);

                CHECK_INT(open_by(root_fd, "dangling", O_CREAT | O_EXCL | O_RDWR, walk), -EEXIST);
                CHECK_INT(open_by(root_fd, "etc/a", O_CREAT | O_EXCL | O_RDWR, walk), -EEXIST);
                CHECK_INT(open_by(root_fd, "up", O_CREAT | O_NOFOLLOW | O_RDWR, walk), -ELOOP);
                CHECK_INT(open_by(root_fd, "up", O_CREAT | O_RDWR, walk), -ENOENT);
                CHECK_INT(open_by(root_fd, "etc", O_CREAT | O_RDWR, walk), -EISDIR);
                CHECK_INT(open_by(root_fd, "/", O_CREAT | O_RDWR, walk), -EISDIR);
                CHECK_INT(open_by(root_fd, "none/a", O_CREAT | O_RDWR, walk), -ENOENT);

                _cleanup_close_ int t = open_by(root_fd, "etc", O_TMPFILE | O_RDWR, walk);
                CHECK(t >= 0);
        }
}

TEST(mkdir) {
        _cleanup_close_ int root_fd = make_tree();
        struct stat a, b;

        _cleanup_close_ int fd = mkdir_p_in_root(root_fd, "/../etc-link/x/y/../z/", 0750);
        CHECK(fd >= 0 && fstat(fd, &a) >= 0 && fstatat(root_fd, "etc/x/z", &b, 0) >= 0);
        CHECK(a.st_ino == b.st_ino && S_ISDIR(a.st_mode) && (a.st_mode & 07777) == 0750);
        CHECK_INT(path_exists_at(root_fd, "etc/x/y"), 1);

        _cleanup_close_ int again = mkdir_p_in_root(root_fd, "etc/x/z", 0700);
        CHECK(again >= 0);
        _cleanup_close_ int through = mkdir_p_in_root(root_fd, "dangling/w", 0755);
        CHECK(through >= 0);
        CHECK_INT(path_exists_at(root_fd, "etc/new/w"), 1);

        /* The target of "absolute" is made inside the root. */
        _cleanup_close_ int clamped = mkdir_p_in_root(root_fd, "absolute/w", 0755);
        CHECK(clamped >= 0);
        CHECK_INT(path_exists_at(root_fd, "outside/secret/w"), 1);

        CHECK_INT(mkdir_p_in_root(root_fd, "etc/inside", 0755), -ENOTDIR);
        CHECK_INT(mkdir_p_in_root(root_fd, "to-inside/x", 0755), -ENOTDIR);
        CHECK_INT(mkdir_p_in_root(root_fd, "self/x", 0755), -ELOOP);
        CHECK_INT(mkdir_p_in_root(root_fd, "", 0755), -ENOENT);
}

/* Swaps etc with a link to the outside as fast as it can. */
_noreturn_ static void swap_forever(int root_fd) {
        for (;;) {
                (void) renameat2(root_fd, "etc", root_fd, "trap", RENAME_EXCHANGE);
                (void) renameat2(root_fd, "etc/deep", root_fd, "deep", 0);
                (void) renameat2(root_fd, "deep", root_fd, "etc/deep", 0);
        }
}

TEST(swapped_while_walking) {
        _cleanup_close_ int root_fd = make_tree();
        CHECK_INT(symlinkat("../outside", root_fd, "trap"), 0);
        CHECK_INT(file_write_at(root_fd, "etc/secret", "inside", 6, 0644, 0), 0);

        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0)
                swap_forever(root_fd);

        for (int i = 0; i < 4000; i++) {
                _cleanup_close_ int fd = open_by(root_fd, i % 4 < 2 ? "etc/secret" : "etc/deep/../secret",
                                                 O_RDONLY, i % 2);
                if (fd < 0)
                        continue;
                _cleanup_free_ char *text = NULL;
                CHECK_INT(fd_read_all(fd, SIZE_MAX, &text, NULL), 0);
                CHECK_STR(text, "inside");
        }

        CHECK_INT(kill(pid, SIGKILL), 0);
        CHECK_INT(waitpid(pid, NULL, 0), pid);
}

DEFINE_TEST_MAIN()
