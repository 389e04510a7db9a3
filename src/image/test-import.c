/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "basic/path-util.h"
#include "basic/process-util.h"
#include "basic/test.h"
#include "image/import.h"
#include "image/store-fixture.h"

/* The whole way of an archive into the store and out of it, with the real helper. It needs root, as rkt
 * does. */

#define BLOCK 512U
#define MANIFEST_PLAIN "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/a\"," \
        "\"labels\":[{\"name\":\"version\",\"value\":\"1\"}]%s}"

typedef struct TarFields {
        char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[8],
                rest[247];
} TarFields;

static void tar_add(StringBuf *tar, const char *name, char type, mode_t mode, const char *data) {
        size_t n = type == '0' ? strlen(data) : 0;
        static const char zeros[BLOCK];
        TarFields h = { .type = type, .magic = "ustar\0" "00" };
        unsigned sum = 0;

        static_assert(sizeof(TarFields) == BLOCK, "a header is a block");
        memcpy(h.name, name, strlen(name));
        (void) snprintf(h.mode, sizeof(h.mode), "%07o", mode);
        (void) snprintf(h.uid, sizeof(h.uid), "%07o", 1000);
        (void) snprintf(h.gid, sizeof(h.gid), "%07o", 100);
        (void) snprintf(h.size, sizeof(h.size), "%011o", (unsigned) (n & 07777777777));
        (void) snprintf(h.mtime, sizeof(h.mtime), "%011o", 1000000000);
        if (type != '0')
                memcpy(h.link, data, strlen(data));

        memset(h.checksum, ' ', sizeof(h.checksum));
        for (size_t i = 0; i < BLOCK; i++)
                sum += ((unsigned char *) &h)[i];
        (void) snprintf(h.checksum, sizeof(h.checksum), "%06o", sum);

        CHECK_INT(string_buf_append_n(tar, &h, sizeof(h)), 0);
        CHECK_INT(string_buf_append_n(tar, data, n), 0);
        CHECK_INT(string_buf_append_n(tar, zeros, (BLOCK - n % BLOCK) % BLOCK), 0);
}

/* A memory file with an ACI; more: further members of the manifest. */
static int make_aci(const char *more, const char *content) {
        _cleanup_free_ char *manifest = xasprintf(MANIFEST_PLAIN, more);
        static const char zeros[2 * BLOCK];
        StringBuf tar = {};
        int fd;

        tar_add(&tar, "manifest", '0', 0644, manifest);
        tar_add(&tar, "rootfs", '5', 0755, "");
        tar_add(&tar, "rootfs/dir", '5', 02750, "");
        tar_add(&tar, "rootfs/dir/file", '0', 04755, content);
        tar_add(&tar, "rootfs/dir/hard", '1', 0644, "rootfs/dir/file");
        tar_add(&tar, "rootfs/link", '2', 0777, "dir/file");
        tar_add(&tar, "rootfs/fifo", '6', 0622, "");
        CHECK_INT(string_buf_append_n(&tar, zeros, sizeof(zeros)), 0);

        fd = memfd_new_sealed("aci", tar.data, tar.size);
        CHECK(fd >= 0);
        string_buf_done(&tar);
        return fd;
}

static int import_aci(Fixture *f, const char *more, const char *content, const char *expected, char **ret_id,
                      Diag *diag) {
        _cleanup_(image_import_freep) ImageImport *i = NULL;
        _cleanup_close_ int fd = make_aci(more, content);
        int r;

        r = image_import_begin(f->store, fd, NULL, &i, diag);
        if (r < 0)
                return r;

        return image_import_accept(i, &(ImageAccept) { .expected_id = expected }, ret_id, diag);
}

static char *must_import(Fixture *f, const char *content) {
        _cleanup_diag_ Diag diag = {};
        char *id = NULL;

        if (import_aci(f, "", content, NULL, &id, &diag) < 0)
                test_fail(__FILE__, __LINE__, "%s", diag.message);
        return id;
}

static size_t count_entries(Fixture *f, const char *dir) {
        _cleanup_strv_free_ char **names = NULL;

        CHECK_INT(dir_list_at(f->data_fd, dir, &names), 0);
        return strv_length(names);
}

static void check_empty_store(Fixture *f) {
        ImageInfo *list;
        size_t n;

        CHECK_INT(image_store_list(f->store, &list, &n, NULL), 0);
        image_info_free_array(list, n);
        CHECK_INT(n, 0);
        CHECK_INT(count_entries(f, CAS_TREE_DIR), 0);
        CHECK_INT(count_entries(f, CAS_BLOB_DIR), 0);
        CHECK_INT(count_entries(f, CAS_TMP_DIR), 0);
}

TEST(import_publishes_blob_tree_and_entry) {
        _cleanup_free_ char *id = NULL, *again = NULL;
        _cleanup_(image_info_done) ImageInfo info = {};
        _cleanup_close_ int tree_fd = -EBADF;
        struct stat st;
        SETUP(f);

        id = must_import(&f, "hello");
        CHECK_INT(image_store_get(f.store, id, &info, NULL), 0);
        CHECK_STR(info.name, "example.com/a");
        CHECK_STR(info.version, "1");
        CHECK(info.blob_size > 4096 && info.tree_size > 5);
        CHECK(has_blob(&f, id));
        CHECK_INT(image_store_open_tree(f.store, id, &tree_fd), 0);
        CHECK_INT(fstatat(tree_fd, "dir/file", &st, AT_SYMLINK_NOFOLLOW), 0);
        CHECK_INT(st.st_mode, S_IFREG | 04755);
        CHECK_INT(st.st_uid, 1000);
        CHECK_INT(st.st_nlink, 2);
        CHECK_INT(count_entries(&f, CAS_TMP_DIR), 0);

        /* Once more is a success, and changes nothing. */
        again = must_import(&f, "hello");
        CHECK_STR(again, id);
        CHECK_INT(count_entries(&f, CAS_TREE_DIR), 1);
        CHECK_INT(count_entries(&f, CAS_TMP_DIR), 0);
}

TEST(nothing_is_visible_before_accept) {
        _cleanup_close_ int fd = make_aci("", "x");
        const ImageManifest *m = NULL;
        ImageImport *i = NULL;
        SETUP(f);

        CHECK_INT(image_import_begin(f.store, fd, NULL, &i, NULL), 0);
        CHECK_INT(image_import_wait_manifest(i, &m, NULL), 0);
        CHECK_STR(m->name, "example.com/a");
        CHECK_INT(image_import_wait(i, NULL), 0);
        CHECK(image_id_is_valid(image_import_id(i)));
        CHECK_INT(count_entries(&f, CAS_TREE_DIR), 0);
        CHECK_INT(count_entries(&f, CAS_INDEX_DIR), 0);
        CHECK_INT(count_entries(&f, CAS_TMP_DIR), 1);

        /* The staging of a running import is nobody's garbage. */
        CHECK_INT(image_store_gc(f.store, NULL, 0, NULL, NULL, NULL), 0);
        CHECK_INT(count_entries(&f, CAS_TMP_DIR), 1);
        image_import_free(i);
        check_empty_store(&f);
}

TEST(an_import_sweeps_what_a_killed_one_left) {
        _cleanup_free_ char *staging = NULL;
        int staging_fd;
        SETUP(f);

        CHECK_INT(store_staging_new(f.store, &staging, &staging_fd, NULL), 0);
        write_file(staging_fd, "blob", "half of one");
        close(staging_fd);
        free(must_import(&f, "hello"));
        CHECK_INT(count_entries(&f, CAS_TMP_DIR), 0);
}

TEST(the_blob_is_what_came) {
        _cleanup_close_ int fd = make_aci("", "x");
        _cleanup_free_ char *in = NULL, *out = NULL;
        ImageImport *i = NULL;
        size_t n_in, n_out;
        SETUP(f);

        CHECK_INT(image_import_begin(f.store, fd, NULL, &i, NULL), 0);
        CHECK_INT(image_import_wait(i, NULL), 0);
        CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
        CHECK_INT(lseek(image_import_blob_fd(i), 0, SEEK_SET), 0);
        CHECK_INT(fd_read_all(fd, 1 << 20, &in, &n_in), 0);
        CHECK_INT(fd_read_all(image_import_blob_fd(i), 1 << 20, &out, &n_out), 0);
        CHECK_INT(n_in, n_out);
        CHECK(memcmp(in, out, n_in) == 0);
        image_import_free(i);
}

TEST(refusals_say_why_and_leave_nothing) {
        static const struct {
                const char *more, *expected;
                int error;
                const char *words;
        } cases[] = {
                { ",\"dependencies\":[{\"imageName\":\"b\"}]", NULL, -EOPNOTSUPP, "dependencies" },
                { ",\"pathWhitelist\":[\"/a\"]", NULL, -EOPNOTSUPP, "pathWhitelist" },
                { ",\"labels\":5", NULL, -EBADMSG, "labels" },
                { "}", NULL, -EBADMSG, "" },
                { "", "sha512-00", -EBADMSG, "expected was \"sha512-00\"" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_diag_ Diag diag = {};
                char *id = NULL;
                SETUP(f);

                int r = import_aci(&f, cases[i].more, "x", cases[i].expected, &id, &diag);
                CHECK_INT(r, cases[i].error);
                CHECK(strstr(diag.message, cases[i].words));
                CHECK(!id);
                check_empty_store(&f);
        }
}

TEST(limits) {
        _cleanup_close_ int fd = make_aci("", "x");
        const ImageLimits limits[] = { { .max_bytes = 4096 }, { .max_entries = 3 } };

        for (size_t i = 0; i < ELEMENTSOF(limits); i++) {
                _cleanup_diag_ Diag diag = {};
                ImageImport *import = NULL;
                SETUP(f);

                CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
                CHECK_INT(image_import_begin(f.store, fd, &limits[i], &import, NULL), 0);
                CHECK_INT(image_import_wait(import, &diag), -EFBIG);
                image_import_free(import);
                check_empty_store(&f);
        }
}

TEST(stream_that_ends_before_it_began) {
        _cleanup_diag_ Diag diag = {};
        ImageImport *i = NULL;
        int fds[2];
        SETUP(f);

        CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
        CHECK_INT(image_import_begin(f.store, fds[0], NULL, &i, NULL), 0);
        close(fds[0]);
        close(fds[1]);
        CHECK_INT(image_import_wait(i, &diag), -EBADMSG);
        CHECK(strstr(diag.causes ? diag.causes[0] : diag.message, "empty"));
        image_import_free(i);
        check_empty_store(&f);
}

TEST(killed_helper) {
        _cleanup_diag_ Diag diag = {};
        ImageImport *i = NULL;
        int fds[2];
        pid_t pid;
        SETUP(f);

        CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
        CHECK_INT(image_import_begin(f.store, fds[0], NULL, &i, NULL), 0);
        CHECK_INT(process_single_child(getpid(), &pid), 0);
        CHECK_INT(kill(pid, SIGKILL), 0);
        CHECK_INT(image_import_wait(i, &diag), -EIO);
        CHECK(strstr(diag.causes ? diag.causes[0] : diag.message, "killed by signal 9"));
        image_import_free(i);
        close(fds[0]);
        close(fds[1]);
        check_empty_store(&f);
}

TEST(many_imports_of_one_image_at_once) {
        _cleanup_free_ char *id = NULL;
        int status;
        SETUP(f);

        for (unsigned i = 0; i < 6; i++) {
                pid_t pid = fork();

                if (pid == 0) {
                        free(must_import(&f, "hello"));
                        _exit(0);
                }
                CHECK(pid > 0);
        }
        for (unsigned i = 0; i < 6; i++) {
                CHECK(wait(&status) > 0);
                CHECK_INT(status, 0);
        }

        id = must_import(&f, "hello");
        CHECK_INT(count_entries(&f, CAS_TREE_DIR), 1);
        CHECK_INT(count_entries(&f, CAS_TMP_DIR), 0);
        CHECK_INT(image_verify_tree(f.store, id, NULL), 1);
}

TEST(render_anew) {
        _cleanup_free_ char *id = NULL;
        ImageInfo info = {};
        uint64_t size;
        SETUP(f);

        id = must_import(&f, "hello");
        CHECK_INT(image_store_get(f.store, id, &info, NULL), 0);
        size = info.tree_size;
        image_info_done(&info);

        CHECK_INT(image_store_gc(f.store, NULL, HOUR, NULL, NULL, NULL), 0);
        CHECK(!image_store_tree_is_rendered(f.store, id));
        CHECK_INT(image_render_tree(f.store, id, NULL), 0);
        CHECK(image_store_tree_is_rendered(f.store, id));
        CHECK_INT(image_store_get(f.store, id, &info, NULL), 0);
        CHECK_INT(info.tree_size, size);
        image_info_done(&info);
        CHECK_INT(image_render_tree(f.store, ID("ab"), NULL), -ENOENT);
}

static void damage_blob(Fixture *f, const char *id) {
        char *path;

        CHECK_INT(store_blob_path(f->store, id, /* make_dir= */ false, &path), 0);
        write_file(f->store->cas_fd, path, "damaged");
        free(path);
}

TEST(damaged_blob_is_found_when_it_is_rendered) {
        _cleanup_free_ char *id = NULL;
        _cleanup_diag_ Diag diag = {};
        SETUP(f);

        id = must_import(&f, "hello");
        damage_blob(&f, id);
        CHECK_INT(image_store_gc(f.store, NULL, HOUR, NULL, NULL, NULL), 0);
        CHECK_INT(image_render_tree(f.store, id, &diag), -EBADMSG);
        CHECK(diag.hint);
        CHECK(!has_image(&f, id));
        CHECK_INT(count_entries(&f, CAS_TMP_DIR), 0);

        /* And a new import puts all of it right. */
        free(must_import(&f, "hello"));
        CHECK(has_image(&f, id) && image_store_tree_is_rendered(f.store, id));
        CHECK_INT(image_verify_tree(f.store, id, NULL), 1);
}

TEST(verification_finds_changes_and_rendering_repairs) {
        _cleanup_free_ char *id = NULL, *path = NULL;
        _cleanup_diag_ Diag diag = {};
        SETUP(f);

        id = must_import(&f, "hello");
        CHECK_INT(image_verify_tree(f.store, id, NULL), 1);

        path = strjoin("tree/", id, "/rootfs/dir/file", NULL);
        CHECK_INT(unlinkat(f.store->cas_fd, path, 0), 0);
        CHECK_INT(image_verify_tree(f.store, id, &diag), 0);
        CHECK(strstr(diag.message, "checksum"));
        CHECK(!image_store_tree_is_rendered(f.store, id));

        CHECK_INT(image_render_tree(f.store, id, NULL), 0);
        CHECK_INT(image_verify_tree(f.store, id, NULL), 1);
        CHECK_INT(path_exists_at(f.store->cas_fd, path), 1);
}

TEST(export_gives_the_archive) {
        _cleanup_free_ char *id = NULL, *in = NULL, *out = NULL;
        _cleanup_close_ int fd = make_aci("", "hello"), to = memfd_create("out", MFD_CLOEXEC);
        _cleanup_diag_ Diag diag = {};
        size_t n_in, n_out;
        SETUP(f);

        id = must_import(&f, "hello");
        CHECK_INT(image_export(f.store, id, to, NULL), 0);
        CHECK_INT(fd_read_all(fd, 1 << 20, &in, &n_in), 0);
        CHECK_INT(lseek(to, 0, SEEK_SET), 0);
        CHECK_INT(fd_read_all(to, 1 << 20, &out, &n_out), 0);
        CHECK_INT(n_in, n_out);
        CHECK(memcmp(in, out, n_in) == 0);

        damage_blob(&f, id);
        CHECK_INT(image_export(f.store, id, to, &diag), -EBADMSG);
        CHECK_INT(count_entries(&f, CAS_TMP_DIR), 0);
}

TEST(extract) {
        _cleanup_free_ char *id = NULL, *dest = NULL, *rootfs = NULL;
        _cleanup_diag_ Diag diag = {};
        struct stat st;
        SETUP(f);

        id = must_import(&f, "hello");
        dest = path_join(f.path, "out");
        rootfs = path_join(f.path, "rootfs-only/");
        CHECK_INT(image_extract(f.store, id, dest, /* rootfs_only= */ false, NULL), 0);
        CHECK_INT(fstatat(f.data_fd, "out/manifest", &st, 0), 0);
        CHECK_INT(fstatat(f.data_fd, "out/rootfs/dir/file", &st, 0), 0);
        CHECK_INT(fstatat(f.data_fd, "out", &st, 0), 0);
        CHECK_INT(st.st_mode & 07777, 0755);
        CHECK_INT(image_extract(f.store, id, rootfs, /* rootfs_only= */ true, NULL), 0);
        CHECK_INT(fstatat(f.data_fd, "rootfs-only/dir/file", &st, 0), 0);

        CHECK_INT(image_extract(f.store, id, dest, false, &diag), -EEXIST);
        CHECK_INT(image_extract(f.store, ID("ab"), "/nowhere/x", false, &diag), -ENOENT);
        damage_blob(&f, id);
        CHECK_INT(rm_rf_at(f.data_fd, "out"), 0);
        CHECK_INT(image_extract(f.store, id, dest, false, &diag), -EBADMSG);

        /* cas and rootfs-only: nothing remains of the failed ones. */
        CHECK_INT(count_entries(&f, "."), 2);
}

static void check_same(int a_fd, int b_fd, const char *name) {
        struct stat a, b;

        CHECK_INT(fstatat(a_fd, name, &a, AT_SYMLINK_NOFOLLOW), 0);
        CHECK_INT(fstatat(b_fd, name, &b, AT_SYMLINK_NOFOLLOW), 0);
        CHECK_INT(a.st_mode, b.st_mode);
        CHECK_INT(a.st_uid, b.st_uid);
        CHECK_INT(a.st_gid, b.st_gid);
        CHECK_INT(a.st_size, b.st_size);
        CHECK_INT(a.st_mtim.tv_sec, b.st_mtim.tv_sec);
        if (!S_ISDIR(a.st_mode))
                CHECK_INT(a.st_nlink, b.st_nlink);
}

TEST(copy_of_a_tree) {
        static const char *const names[] = {
                ".", "dir", "dir/file", "dir/hard", "link", "fifo", "dir/sparse",
        };
        _cleanup_close_ int from = -EBADF, to = -EBADF, fd = -EBADF;
        _cleanup_free_ char *id = NULL, *path = NULL;
        char value[8], target[64];
        struct stat a, b;
        SETUP(f);

        id = must_import(&f, "hello");
        path = strjoin("tree/", id, "/rootfs", NULL);
        from = openat(f.store->cas_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        fd = openat(from, "dir/sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        CHECK_INT(pwrite(fd, "x", 1, 40 << 20), 1);
        CHECK_INT(ftruncate(fd, 80 << 20), 0);
        bool has_xattrs = fsetxattr(fd, "user.test", "value", 5, 0) >= 0;
        CHECK_INT(fstat(fd, &a), 0);

        CHECK_INT(mkdirat(f.data_fd, "copy", 0700), 0);
        to = openat(f.data_fd, "copy", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        CHECK_INT(image_copy_tree(f.store, id, to, NULL), 0);
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                check_same(from, to, names[i]);

        CHECK_INT(fstatat(to, "dir/sparse", &b, 0), 0);
        CHECK(b.st_blocks <= a.st_blocks + 16);
        safe_close(fd);
        fd = openat(to, "dir/sparse", O_RDONLY | O_CLOEXEC);
        CHECK_INT(pread(fd, value, 1, 40 << 20), 1);
        CHECK_INT(value[0], 'x');
        if (has_xattrs)
                CHECK_INT(fgetxattr(fd, "user.test", value, sizeof(value)), 5);
        CHECK_INT(readlinkat(to, "link", target, sizeof(target)), 8);

        CHECK_INT(image_copy_tree(f.store, ID("ab"), to, NULL), -ENOENT);
}

int main(int argc, char **argv) {
        if (geteuid() != 0) {
                puts("1..0 # SKIP the importer needs root");
                return 0;
        }

        return test_main(__start_rkt_tests, __stop_rkt_tests, argc, argv);
}
