/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/test.h"
#include "image/store-fixture.h"
#include "image/store-internal.h"
#include "layout/pods.h"

TEST(directories_belong_to_root_but_for_the_index) {
        static const struct {
                const char *path;
                mode_t mode;
        } expected[] = {
                { CAS_DIR,      0750 }, { CAS_INDEX_DIR, 0750 }, { CAS_BLOB_DIR,   0700 },
                { CAS_TREE_DIR, 0700 }, { CAS_TMP_DIR,   0700 }, { CAS_REMOTE_DIR, 0700 },
                { CAS_LOCK_DIR, 0700 },
        };
        struct stat st;
        SETUP(f);

        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                CHECK_INT(fstatat(f.data_fd, expected[i].path, &st, 0), 0);
                CHECK_INT(st.st_mode & 07777, expected[i].mode);
        }
}

TEST(open_without_store) {
        _cleanup_free_ char *path = test_tmpdir();
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ImageStore *s = NULL;

        CHECK_INT(image_store_open(fd, /* create= */ false, &s, NULL), -ENOENT);
        CHECK(!s);
}

TEST(group_of_the_data_directory_reads_the_index) {
        _cleanup_free_ char *path = test_tmpdir();
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ImageStore *s = NULL;
        struct stat st;

        if (geteuid() != 0)
                return;
        CHECK_INT(fchown(fd, 0, 4242), 0);
        CHECK_INT(image_store_open(fd, /* create= */ true, &s, NULL), 0);
        CHECK_INT(index_write_manifest(s, ID("a"), "{}", 2), 0);
        CHECK_INT(fstatat(fd, CAS_INDEX_DIR, &st, 0), 0);
        CHECK_INT(st.st_gid, 4242);
        CHECK_INT(fstatat(fd, CAS_BLOB_DIR, &st, 0), 0);
        CHECK_INT(st.st_gid, 0);
        _cleanup_free_ char *name = strjoin(CAS_INDEX_DIR "/", ID("a"), ".manifest", NULL);
        CHECK_INT(fstatat(fd, name, &st, 0), 0);
        CHECK_INT(st.st_gid, 4242);
        CHECK_INT(st.st_mode & 07777, 0640);
        image_store_close(s);
}

TEST(index_entry_round_trip) {
        static const char *const versions[] = {
                "1.0", "a\nname=evil\nend\n", "back\\slash", "\x01\x7f", "ü=x", "",
        };
        SETUP(f);

        for (size_t i = 0; i < ELEMENTSOF(versions); i++) {
                ImageInfo info = {};

                make_image(&f, &(Image) { .id = ID("a"), .name = "example.com/a", .version = versions[i],
                                          .import_time = 5, .last_used = 7 * USEC_PER_SEC + 3,
                                          .latest = i % 2 });
                CHECK_INT(image_store_get(f.store, ID("a"), &info, NULL), 0);
                CHECK_STR(info.id, ID("a"));
                CHECK_STR(info.name, "example.com/a");
                CHECK_STR(info.version, versions[i]);
                CHECK_INT(info.import_time, 5);
                CHECK_INT(info.last_used, 7 * USEC_PER_SEC + 3);
                CHECK_INT(info.blob_size, 4);
                CHECK_INT(info.tree_size, 100);
                CHECK_INT(info.latest, i % 2);
                image_info_done(&info);
        }
}

/* A power cut may leave any beginning of the file. */
TEST(cut_off_index_entries_do_not_exist) {
        _cleanup_free_ char *text = NULL;
        size_t size, n;
        ImageInfo *list;
        SETUP(f);

        make_image(&f, &(Image) { .id = ID("a"), .name = "example.com/a" });
        CHECK_INT(file_read_at(f.store->index_fd, ID("a"), 4096, &text, &size), 0);

        for (size_t i = 0; i < size; i++) {
                _cleanup_(index_entry_done) IndexEntry e = {};
                _cleanup_diag_ Diag diag = {};
                ImageInfo info = {};

                CHECK_INT(file_write_at(f.store->index_fd, ID("a"), text, i, 0600, 0), 0);
                CHECK_INT(index_read(f.store, ID("a"), &e), -EBADMSG);
                CHECK_INT(image_store_get(f.store, ID("a"), &info, &diag), -ENOENT);
        }

        CHECK_INT(image_store_list(f.store, &list, &n, NULL), 0);
        CHECK_INT(n, 0);
        image_info_free_array(list, n);
}

TEST(bad_index_entries) {
        static const char *const bad[] = {
                "name=a\nimport-time=x\nend\n", "name=a\nblob-size=-1\nend\n", "import-time=1\nend\n",
                "name\nend\n",
                "name=a\\zz\nend\n", "name=a\\\nend\n", "name=a\\00\nend\n",
        };
        SETUP(f);

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_(index_entry_done) IndexEntry e = {};

                write_file(f.store->index_fd, ID("a"), bad[i]);
                CHECK_INT(index_read(f.store, ID("a"), &e), -EBADMSG);
        }
}

TEST(index_entries_of_later_versions_are_read) {
        _cleanup_(index_entry_done) IndexEntry e = {};
        SETUP(f);

        write_file(f.store->index_fd, ID("a"), "name=a\nsomething-new=1\nend\nmore\n");
        CHECK_INT(index_read(f.store, ID("a"), &e), 0);
}

TEST(manifest) {
        _cleanup_(image_manifest_freep) ImageManifest *m = NULL;
        _cleanup_diag_ Diag diag = {};
        _cleanup_free_ char *text = NULL, *name = NULL;
        SETUP(f);

        make_image(&f, &(Image) { .id = ID("a"), .name = "example.com/a", .version = "1" });
        CHECK_INT(image_store_load_manifest(f.store, ID("a"), &m, NULL), 0);
        CHECK_STR(m->name, "example.com/a");
        CHECK_INT(image_store_read_manifest_text(f.store, ID("b"), &text, NULL, &diag), -ENOENT);

        name = strjoin(ID("a"), ".manifest", NULL);
        write_file(f.store->index_fd, name, "{}");
        CHECK_INT(image_store_read_manifest_text(f.store, ID("a"), &text, NULL, &diag), -EBADMSG);
        CHECK(strstr(diag.message, "damaged"));
        CHECK(diag.hint);
}

static void check_resolve(Fixture *f, const char *prefix, int expected, const char *id_or_message) {
        _cleanup_diag_ Diag diag = {};
        _cleanup_free_ char *id = NULL;

        CHECK_INT(image_store_resolve_id(f->store, prefix, &id, &diag), expected);
        CHECK_STR(expected < 0 ? diag.message : id, id_or_message);
}

TEST(resolve_by_id) {
        SETUP(f);

        make_image(&f, &(Image) { .id = ID("ab1"), .name = "example.com/a" });
        make_image(&f, &(Image) { .id = ID("ab2"), .name = "example.com/b" });

        check_resolve(&f, ID("ab1"), 0, ID("ab1"));
        check_resolve(&f, "sha512-ab1", 0, ID("ab1"));
        check_resolve(&f, "sha512-ab", -ENOTUNIQ, "ambiguous image ID");
        check_resolve(&f, "sha512-ac", -ENOENT, "no image IDs found");
        check_resolve(&f, ID("ac"), -ENOENT, "no image IDs found");
        check_resolve(&f, "sha512-a", -EINVAL, "image ID too short");
        check_resolve(&f, "sha512-", -EINVAL, "image ID too short");
        check_resolve(&f, "", -EINVAL, "image ID too short");
        check_resolve(&f, "sha512-../../x", -EINVAL, "\"sha512-../../x\" is not an image ID");

        /* The whole digest, of which the store keeps half. */
        _cleanup_free_ char *whole = strjoin(ID("ab1"), ID("ff") + 7, NULL);
        check_resolve(&f, whole, 0, ID("ab1"));
}

static void check_name(Fixture *f, const char *version, const char *os, const char *expected) {
        NameValueList labels = {};
        char *id = NULL;
        int r;

        if (version)
                CHECK_INT(name_value_list_set(&labels, "version", version), 0);
        if (os)
                CHECK_INT(name_value_list_set(&labels, "os", os), 0);
        r = image_store_resolve_name(f->store, "example.com/a", &labels, &id, NULL);
        CHECK_INT(r, expected ? 0 : -ENOENT);
        CHECK_STR(id, expected);
        name_value_list_done(&labels);
        free(id);
}

TEST(resolve_by_name) {
        SETUP(f);

        make_image(&f, &(Image) { .id = ID("a1"), .name = "example.com/a", .version = "1",
                                  .import_time = 10 });
        make_image(&f, &(Image) { .id = ID("a2"), .name = "example.com/a", .version = "2",
                                  .import_time = 30 });
        make_image(&f, &(Image) { .id = ID("a3"), .name = "example.com/a", .version = "2",
                                  .import_time = 20 });
        make_image(&f, &(Image) { .id = ID("b1"), .name = "example.com/ab", .version = "1",
                                  .import_time = 99 });

        check_name(&f, NULL, NULL, ID("a2"));
        check_name(&f, "1", NULL, ID("a1"));
        check_name(&f, "2", NULL, ID("a2"));
        check_name(&f, "3", NULL, NULL);
        check_name(&f, "2", "linux", ID("a2"));
        check_name(&f, "2", "plan9", NULL);

        /* Fetched without a version, it is what a name without a version means. */
        make_image(&f, &(Image) { .id = ID("a4"), .name = "example.com/a", .version = "0", .latest = true });
        check_name(&f, NULL, NULL, ID("a4"));
        check_name(&f, "2", NULL, ID("a2"));
}

TEST(resolve_either) {
        _cleanup_diag_ Diag diag = {};
        char *id = NULL;
        SETUP(f);

        make_image(&f, &(Image) { .id = ID("a1"), .name = "example.com/a", .version = "1" });
        CHECK_INT(image_store_resolve(f.store, "sha512-a1", &id, NULL), 0);
        free(id);
        CHECK_INT(image_store_resolve(f.store, "example.com/a:1", &id, NULL), 0);
        CHECK_STR(id, ID("a1"));
        free(id);
        CHECK_INT(image_store_resolve(f.store, "example.com/a:2", &id, &diag), -ENOENT);
        CHECK(strstr(diag.message, "example.com/a:2"));
        CHECK_INT(image_store_resolve(f.store, "/a/file.aci", &id, &diag), -EINVAL);
}

TEST(touch) {
        usec_t before = now_usec(CLOCK_REALTIME);
        ImageInfo info = {};
        SETUP(f);

        make_image(&f, &(Image) { .id = ID("a"), .name = "example.com/a", .last_used = USEC_PER_SEC });
        CHECK_INT(image_store_touch(f.store, ID("a")), 0);
        CHECK_INT(image_store_get(f.store, ID("a"), &info, NULL), 0);
        CHECK(info.last_used + USEC_PER_SEC >= before);
        image_info_done(&info);
        CHECK_INT(image_store_touch(f.store, ID("b")), -ENOENT);
        CHECK_INT(image_store_touch(f.store, "../x"), -EINVAL);
}

TEST(list_of_many_images) {
        ImageInfo *list;
        size_t n;
        SETUP(f);

        for (unsigned i = 0; i < 1000; i++) {
                _cleanup_free_ char *hex = xasprintf("%04x", i);
                _cleanup_free_ char *text = xasprintf("name=example.com/i%u\nend\n", i);

                write_file(f.store->index_fd, ID(hex), text);
        }

        CHECK_INT(image_store_list(f.store, &list, &n, NULL), 0);
        CHECK_INT(n, 1000);
        image_info_free_array(list, n);
}

DEFINE_TEST_MAIN()
