/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/wait.h>

#include "basic/fs-util.h"
#include "basic/path-util.h"
#include "basic/strv.h"
#include "basic/test.h"
#include "conf/paths.h"

#define NOBODY 65534

static void put(const char *dir, const char *name, const char *text) {
        _cleanup_free_ char *sub = strjoin(dir, "/paths.d", NULL), *path = strjoin(sub, "/", name, NULL);

        CHECK(mkdir_p_at(AT_FDCWD, sub, 0755) >= 0);
        CHECK_INT(file_write_at(AT_FDCWD, path, text, strlen(text), 0644, 0), 0);
}

#define HEAD "\"rktKind\":\"paths\",\"rktVersion\":\"v1\""

/* Three configuration directories of our own, so that the machine's have no say. */
static Paths isolated(const char *dir) {
        return (Paths){
                .system_config = strjoin(dir, "/system", NULL),
                .local_config = strjoin(dir, "/local", NULL),
                .user_config = strjoin(dir, "/user", NULL),
        };
}

TEST(defaults) {
        _cleanup_free_ char *dir = test_tmpdir();
        _cleanup_(paths_done) Paths p = isolated(dir);

        CHECK_INT(paths_complete(&p, NULL), 0);
        CHECK_STR(p.data_dir, RKT_DATA_DIR);
        CHECK_STR(p.stage1_images, RKT_HELPER_DIR);
        CHECK(startswith(p.user_config, dir));
}

TEST(default_directories) {
        _cleanup_(paths_done) Paths p = { .data_dir = strdup("/srv/rkt") };

        CHECK_INT(paths_complete(&p, NULL), 0);
        CHECK_STR(p.data_dir, "/srv/rkt");
        CHECK_STR(p.local_config, RKT_LOCAL_CONFIG_DIR);
        CHECK_STR(p.system_config, RKT_SYSTEM_CONFIG_DIR);
        CHECK_STR(p.user_config, "");
}

TEST(made_absolute_and_simple) {
        _cleanup_free_ char *dir = test_tmpdir(), *cwd = NULL, *expected = NULL;
        _cleanup_(paths_done) Paths p = isolated(dir);

        CHECK(chdir(dir) >= 0);
        cwd = getcwd(NULL, 0);
        expected = strjoin(cwd, "/data/x", NULL);
        p.data_dir = strdup("./data//x/");
        CHECK_INT(paths_complete(&p, NULL), 0);
        CHECK_STR(p.data_dir, expected);
        CHECK(chdir("/") >= 0);
}

TEST(empty_path) {
        _cleanup_free_ char *dir = test_tmpdir();
        _cleanup_(paths_done) Paths p = isolated(dir);
        _cleanup_diag_ Diag diag = {};

        p.data_dir = strdup("");
        CHECK_INT(paths_complete(&p, &diag), -EINVAL);
        CHECK_STR(diag.message, "--dir: the path must not be empty");
}

TEST(configuration_overrides_path_by_path) {
        _cleanup_free_ char *dir = test_tmpdir();
        _cleanup_(paths_done) Paths p = isolated(dir), q = isolated(dir), r = isolated(dir);

        put(p.system_config, "a.json", "{" HEAD ",\"data\":\"/system/data\"}");
        put(p.system_config, "b.json", "{" HEAD ",\"stage1-images\":\"/system//stage1/\"}");
        CHECK_INT(paths_complete(&p, NULL), 0);
        CHECK_STR(p.data_dir, "/system/data");
        CHECK_STR(p.stage1_images, "/system/stage1");

        put(q.local_config, "x.json", "{" HEAD ",\"data\":\"/local/data\",\"stage1-images\":\"\"}");
        CHECK_INT(paths_complete(&q, NULL), 0);
        CHECK_STR(q.data_dir, "/local/data");
        CHECK_STR(q.stage1_images, "/system/stage1");

        put(r.user_config, "x.json", "{" HEAD ",\"data\":null,\"stage1-images\":\"/user/stage1\"}");
        r.data_dir = strdup("/given");
        CHECK_INT(paths_complete(&r, NULL), 0);
        CHECK_STR(r.data_dir, "/given");
        CHECK_STR(r.stage1_images, "/user/stage1");
}

TEST(bad_configuration) {
        static const char *const cases[][2] = {
                { "{" HEAD ",\"data\":\"data\"}",
                  "/paths.d/z.json: field \"data\": must be an absolute path" },
                { "{" HEAD ",\"data\":[]}", "/paths.d/z.json: field \"data\": expected string, got array" },
                { "{" HEAD ",\"data\":\"/b\"}",
                  "/paths.d/z.json: field \"data\": another file in the same directory has set it already" },
                { "{" HEAD ",\"data\":\"/b\"", "/paths.d/z.json:1: unexpected end of input" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *dir = test_tmpdir(), *line = NULL, *expected = NULL;
                _cleanup_(paths_done) Paths p = isolated(dir);
                _cleanup_diag_ Diag diag = {};

                put(p.local_config, "a.json", i == 2 ? "{" HEAD ",\"data\":\"/a\"}" : "{" HEAD "}");
                put(p.local_config, "z.json", cases[i][0]);
                CHECK_INT(paths_complete(&p, &diag), -EBADMSG);
                line = diag_format_line(&diag);
                expected = strjoin(p.local_config, cases[i][1], NULL);
                CHECK_STR(line, expected);
        }
}

TEST(helper) {
        char *path;

        CHECK(unsetenv("RKT_HELPER_DIR") >= 0);
        CHECK_INT(paths_helper("rkt-import", &path), 0);
        CHECK_STR(path, RKT_HELPER_DIR "/rkt-import");
        free(path);
        CHECK(setenv("RKT_HELPER_DIR", "/build/src/image", 1) >= 0);
        CHECK_INT(paths_helper("rkt-import", &path), 0);
        CHECK_STR(path, "/build/src/image/rkt-import");
        free(path);
        CHECK(setenv("RKT_HELPER_DIR", "src/image", 1) >= 0);
        CHECK_INT(paths_helper("rkt-import", &path), -EINVAL);
        CHECK(unsetenv("RKT_HELPER_DIR") >= 0);
}

TEST(constants) {
        CHECK_STR(paths_stage1_name(), RKT_STAGE1_NAME);
        CHECK_STR(paths_stage1_image(), RKT_STAGE1_IMAGE);
        CHECK_STR(paths_pod_file_dirs()[0], "/run/rkt/pods");
        CHECK_STR(paths_pod_file_dirs()[1], RKT_LOCAL_CONFIG_DIR "/pods");
        CHECK_STR(paths_pod_file_dirs()[2], RKT_SYSTEM_CONFIG_DIR "/pods");
        CHECK(!paths_pod_file_dirs()[3]);
        STRV_FOREACH(d, paths_systemd_library_dirs())
                CHECK(path_is_absolute(*d) && path_is_normalized(*d));
}

TEST(data_dir_absent) {
        _cleanup_free_ char *dir = test_tmpdir(), *data = strjoin(dir, "/none", NULL), *expected = NULL;
        const Paths p = { .data_dir = data };
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(paths_open_data_dir(&p, /* create= */ false, &diag), -ENOENT);
        expected = strjoin("data directory \"", data, "\" does not exist", NULL);
        CHECK_STR(diag.message, expected);
}

TEST(data_dir_is_made) {
        _cleanup_free_ char *dir = test_tmpdir(), *data = strjoin(dir, "/var/lib/rkt", NULL);
        const Paths p = { .data_dir = data };
        struct stat st;

        mode_t old = umask(0);
        _cleanup_close_ int fd = paths_open_data_dir(&p, /* create= */ true, NULL);
        CHECK(fd >= 0);
        CHECK(fstat(fd, &st) >= 0);
        CHECK_INT(st.st_mode & 07777, 0750);
        CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);

        /* what is there already keeps its mode */
        CHECK(fchmod(fd, 0711) >= 0);
        _cleanup_close_ int again = paths_open_data_dir(&p, /* create= */ true, NULL);
        CHECK(again >= 0);
        CHECK(fstat(again, &st) >= 0);
        CHECK_INT(st.st_mode & 07777, 0711);
        (void) umask(old);
}

TEST(data_dir_under_a_strict_umask) {
        _cleanup_free_ char *dir = test_tmpdir(), *data = strjoin(dir, "/rkt", NULL);
        const Paths p = { .data_dir = data };
        struct stat st;

        mode_t old = umask(0777);
        _cleanup_close_ int fd = paths_open_data_dir(&p, /* create= */ true, NULL);
        (void) umask(old);
        /* only root can open what the umask has closed */
        if (geteuid() != 0)
                return;
        CHECK(fd >= 0);
        CHECK(fstat(fd, &st) >= 0);
        CHECK_INT(st.st_mode & 07777, 0750);
}

TEST(data_dir_is_a_file) {
        _cleanup_free_ char *dir = test_tmpdir(), *data = strjoin(dir, "/file", NULL), *expected = NULL;
        const Paths p = { .data_dir = data };
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(file_write_at(AT_FDCWD, data, "", 0, 0644, 0), 0);
        CHECK_INT(paths_open_data_dir(&p, /* create= */ true, &diag), -ENOTDIR);
        expected = strjoin("data directory \"", data, "\" is not a directory", NULL);
        CHECK_STR(diag.message, expected);
}

static int open_as_nobody(const char *data, bool create) {
        const Paths p = { .data_dir = (char *) data };
        _cleanup_free_ char *expected =
                strjoin("data directory \"", data, "\": permission denied; run as root", NULL);
        _cleanup_diag_ Diag diag = {};

        if (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) < 0)
                return 1;
        if (paths_open_data_dir(&p, create, &diag) != -EACCES)
                return 2;
        return streq_ptr(diag.message, expected) ? 0 : 3;
}

TEST(data_dir_without_permission) {
        _cleanup_free_ char *dir = test_tmpdir(), *data = strjoin(dir, "/closed", NULL);
        _cleanup_free_ char *below = strjoin(data, "/rkt", NULL);

        CHECK(mkdir(data, 0) >= 0);
        for (unsigned i = 0; i < 3; i++) {
                int status;
                pid_t pid = fork();

                CHECK(pid >= 0);
                if (pid == 0)
                        _exit(open_as_nobody(i == 0 ? data : below, i == 2));
                CHECK_INT(waitpid(pid, &status, 0), pid);
                CHECK(WIFEXITED(status));
                CHECK_INT(WEXITSTATUS(status), 0);
        }
}

DEFINE_TEST_MAIN()
