/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/test.h"
#include "image/store-internal.h"
#include "layout/pods.h"

#define HOUR (3600 * USEC_PER_SEC)
#define MANIFEST "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"%s\"," \
        "\"labels\":[{\"name\":\"version\",\"value\":\"%s\"},{\"name\":\"os\",\"value\":\"%s\"}]}"

typedef struct Fixture {
        char *path;
        int data_fd;
        ImageStore *store;
} Fixture;

static void setup(Fixture *f) {
        f->path = test_tmpdir();
        f->data_fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        CHECK(f->data_fd >= 0);
        CHECK_INT(image_store_open(f->data_fd, /* create= */ true, &f->store, NULL), 0);
}

static void teardown(Fixture *f) {
        image_store_close(f->store);
        close(f->data_fd);
        free(f->path);
}

#define _fixture_ __attribute__((__cleanup__(teardown))) Fixture
#define SETUP(f) _fixture_ f; setup(&f)

/* "sha512-" + the text + zeros: valid if the text is hex. */
static const char *make_id(char ret[IMAGE_ID_LENGTH + 1], const char *text) {
        memset(ret, '0', IMAGE_ID_LENGTH);
        memcpy(ret, "sha512-", 7);
        memcpy(ret + 7, text, strlen(text));
        ret[IMAGE_ID_LENGTH] = 0;
        return ret;
}
#define ID(text) make_id((char[IMAGE_ID_LENGTH + 1]) {}, text)

typedef struct Image {
        const char *id, *name, *version;
        usec_t import_time, last_used;
        bool latest;
        const char *boot; /* NULL: this one */
} Image;

static void write_file(int dir_fd, const char *path, const char *text) {
        CHECK_INT(file_write_at(dir_fd, path, text, strlen(text), 0600, 0), 0);
}

static void make_blob(Fixture *f, const char *id) {
        char *path;

        CHECK_INT(store_blob_path(f->store, id, /* make_dir= */ true, &path), 0);
        write_file(f->store->cas_fd, path, "blob");
        free(path);
}

/* As published by an import, but for the bytes. */
static void make_tree(Fixture *f, const char *id) {
        int staging_fd, tree_fd;
        char *staging;

        CHECK_INT(store_staging_new(f->store, &staging, &staging_fd, NULL), 0);
        CHECK_INT(mkdirat(staging_fd, "tree", 0700), 0);
        CHECK_INT(mkdirat(staging_fd, "tree/rootfs", 0755), 0);
        write_file(staging_fd, "tree/manifest", "{}");
        tree_fd = openat(staging_fd, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        CHECK_INT(tree_write_marks(f->store, tree_fd, &(TreeMarks) { .id = id, .hash = "00" }), 0);
        CHECK_INT(tree_publish(f->store, id, staging_fd, "tree"), 0);
        store_staging_remove(f->store, staging);
        close(tree_fd);
        close(staging_fd);
        free(staging);
}

static void make_image(Fixture *f, const Image *i) {
        char *manifest = xasprintf(MANIFEST, i->name, strempty(i->version), "linux");
        const char *boot;

        CHECK_INT(store_boot_id(f->store, &boot), 0);
        IndexEntry e = {
                .info = {
                        .id = (char *) i->id,
                        .name = (char *) i->name,
                        .version = (char *) i->version,
                        .import_time = i->import_time,
                        .last_used = i->last_used,
                        .latest = i->latest,
                        .blob_size = 4,
                        .tree_size = 100,
                },
                .boot = (char *) (i->boot ?: boot),
                .boot_time = 0,
                .manifest_size = strlen(manifest),
        };

        make_blob(f, i->id);
        make_tree(f, i->id);
        CHECK_INT(index_write_manifest(f->store, i->id, manifest, strlen(manifest)), 0);
        CHECK_INT(index_write(f->store, &e, /* keep_time= */ true), 0);
        free(manifest);
}

static bool has_blob(Fixture *f, const char *id) {
        int fd, r;

        r = store_open_blob(f->store, id, &fd);
        if (r >= 0)
                close(fd);
        return r >= 0;
}

static bool has_image(Fixture *f, const char *id) {
        ImageInfo info = {};
        int r;

        r = image_store_get(f->store, id, &info, NULL);
        image_info_done(&info);
        return r >= 0;
}

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
                                          .import_time = 5, .last_used = 7 * USEC_PER_SEC + 3, .latest = i % 2 });
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

static void set_mark(Fixture *f, const char *id, const char *text) {
        _cleanup_free_ char *path = strjoin("tree/", id, "/rendered", NULL);

        write_file(f->store->cas_fd, path, text);
}

TEST(trees_are_trusted_by_boot_or_when_synced) {
        int fd;
        SETUP(f);

        CHECK(!image_store_tree_is_rendered(f.store, ID("a")));
        CHECK_INT(image_store_open_tree(f.store, ID("a"), &fd), -ENOENT);
        CHECK(!image_store_tree_is_rendered(f.store, "../index"));

        make_tree(&f, ID("a"));
        CHECK_INT(tree_mark_state(f.store, ID("a")), 0);
        CHECK_INT(image_store_open_tree(f.store, ID("a"), &fd), 0);
        close(fd);

        set_mark(&f, ID("a"), "boot=00000000-0000-0000-0000-000000000000\n");
        CHECK_INT(tree_mark_state(f.store, ID("a")), -ESTALE);
        CHECK(!image_store_tree_is_rendered(f.store, ID("a")));
        CHECK_INT(image_store_open_tree(f.store, ID("a"), &fd), -ENOENT);
        set_mark(&f, ID("a"), "");
        CHECK(!image_store_tree_is_rendered(f.store, ID("a")));

        /* Publishing goes over what can't be trusted, and leaves what can. */
        make_tree(&f, ID("a"));
        CHECK_INT(tree_mark_state(f.store, ID("a")), 0);
        CHECK_INT(tree_sync_all(f.store), 0);
        CHECK_INT(tree_mark_state(f.store, ID("a")), 1);
        make_tree(&f, ID("a"));
        CHECK_INT(tree_mark_state(f.store, ID("a")), 1);
}

TEST(locked_trees_are_not_removed) {
        _cleanup_close_ int fd = -EBADF;
        SETUP(f);

        CHECK_INT(image_store_lock_tree(f.store, ID("a"), &fd), -ENOENT);
        make_tree(&f, ID("a"));
        CHECK_INT(image_store_lock_tree(f.store, ID("a"), &fd), 0);
        CHECK_INT(tree_discard(f.store, ID("a")), -EBUSY);
        fd = safe_close(fd);
        CHECK_INT(tree_discard(f.store, ID("a")), 1);
        CHECK_INT(tree_discard(f.store, ID("a")), 0);
}

static void make_pod(Fixture *f, const char *phase, const char *tree_file, const char *id) {
        _cleanup_free_ char *dir = strjoin(phase, "/11111111-1111-4111-8111-111111111111/appsinfo/web", NULL);
        _cleanup_free_ char *file = strjoin(phase, "/11111111-1111-4111-8111-111111111111/", tree_file, NULL);

        CHECK_INT(mkdir_p_at(f->data_fd, dir, 0700), 0);
        write_file(f->data_fd, file, id);
}

TEST(removal_keeps_a_tree_in_use) {
        _cleanup_diag_ Diag diag = {};
        SETUP(f);

        make_image(&f, &(Image) { .id = ID("a"), .name = "example.com/a" });
        make_image(&f, &(Image) { .id = ID("b"), .name = "example.com/b" });
        make_image(&f, &(Image) { .id = ID("c"), .name = "example.com/c" });
        make_pod(&f, PODS_RUN_DIR, POD_STAGE1_TREE_FILE, ID("a"));
        make_pod(&f, PODS_PREPARED_DIR, POD_APPSINFO_DIR "/web/" POD_APPINFO_TREE, ID("b"));

        CHECK_INT(image_store_remove(f.store, ID("a"), NULL), 0);
        CHECK_INT(image_store_remove(f.store, ID("b"), NULL), 0);
        CHECK_INT(image_store_remove(f.store, ID("c"), NULL), 0);
        CHECK(!has_image(&f, ID("a")) && !has_blob(&f, ID("a")));
        CHECK(!has_image(&f, ID("b")) && !has_blob(&f, ID("b")));
        CHECK(!has_image(&f, ID("c")) && !has_blob(&f, ID("c")));
        CHECK(image_store_tree_is_rendered(f.store, ID("a")));
        CHECK(image_store_tree_is_rendered(f.store, ID("b")));
        CHECK(!image_store_tree_is_rendered(f.store, ID("c")));

        CHECK_INT(image_store_remove(f.store, ID("a"), &diag), -ENOENT);
        CHECK(strstr(diag.message, "not in the store"));
}

TEST(bad_tree_in_use_is_set_aside) {
        _cleanup_strv_free_ char **names = NULL;
        char *in_use[] = { (char *) ID("a"), NULL };
        SETUP(f);

        make_image(&f, &(Image) { .id = ID("a"), .name = "example.com/a",
                                  .last_used = now_usec(CLOCK_REALTIME) });
        make_pod(&f, PODS_RUN_DIR, POD_STAGE1_TREE_FILE, ID("a"));
        set_mark(&f, ID("a"), "bad");
        make_tree(&f, ID("a"));
        CHECK(image_store_tree_is_rendered(f.store, ID("a")));

        CHECK_INT(dir_list_at(f.data_fd, CAS_TREE_DIR, &names), 0);
        CHECK_INT(strv_length(names), 2);
        names = strv_free(names);

        CHECK_INT(image_store_gc(f.store, in_use, HOUR, NULL, NULL, NULL), 0);
        CHECK_INT(dir_list_at(f.data_fd, CAS_TREE_DIR, &names), 0);
        CHECK_INT(strv_length(names), 2);
        names = strv_free(names);

        const ImageGcEvents keep = { .keep_trees = true };
        CHECK_INT(image_store_gc(f.store, NULL, HOUR, &keep, NULL, NULL), 0);
        CHECK_INT(dir_list_at(f.data_fd, CAS_TREE_DIR, &names), 0);
        CHECK_INT(strv_length(names), 1);
        CHECK_STR(names[0], ID("a"));
}

typedef struct Events {
        unsigned trees, images;
} Events;

static void on_tree(const char *id, void *userdata) {
        ((Events *) userdata)->trees++;
}

static void on_image(const char *id, const char *name, void *userdata) {
        CHECK(startswith(name, "example.com/"));
        ((Events *) userdata)->images++;
}

TEST(gc_removes_what_is_old_and_unused) {
        usec_t now = now_usec(CLOCK_REALTIME);
        Events seen = {};
        ImageGcEvents events = { .keep_trees = true, .removed_tree = on_tree, .removed_image = on_image,
                                 .userdata = &seen };
        char *in_use[] = { (char *) ID("aa"), NULL };
        size_t removed = 0;
        SETUP(f);

        make_image(&f, &(Image) { .id = ID("aa"), .name = "example.com/old-in-use", .last_used = 1,
                                  .boot = "x" });
        make_image(&f, &(Image) { .id = ID("bb"), .name = "example.com/old", .last_used = now - 2 * HOUR,
                                  .boot = "x" });
        make_image(&f, &(Image) { .id = ID("cc"), .name = "example.com/young", .last_used = now - HOUR / 2,
                                  .boot = "x" });
        make_image(&f, &(Image) { .id = ID("dd"), .name = "example.com/future",
                                  .last_used = now + 1000 * HOUR,
                                  .boot = "x" });

        CHECK_INT(image_store_gc(f.store, in_use, HOUR, &events, &removed, NULL), 0);
        CHECK_INT(removed, 1);
        CHECK_INT(seen.images, 1);
        CHECK_INT(seen.trees, 1);
        CHECK(has_image(&f, ID("aa")));
        CHECK(!has_image(&f, ID("bb")) && !has_blob(&f, ID("bb")));
        CHECK(!image_store_tree_is_rendered(f.store, ID("bb")));
        CHECK(has_image(&f, ID("cc")) && image_store_tree_is_rendered(f.store, ID("cc")));
        CHECK(has_image(&f, ID("dd")));
        CHECK_INT(tree_mark_state(f.store, ID("cc")), 1);
}

/* The clock jumped ten years ahead: what was imported a moment ago is no older for it. */
TEST(gc_trusts_the_monotonic_clock_within_a_boot) {
        _cleanup_(index_entry_done) IndexEntry e = {};
        SETUP(f);

        make_image(&f, &(Image) { .id = ID("aa"), .name = "example.com/a", .last_used = 1 });
        CHECK_INT(index_read(f.store, ID("aa"), &e), 0);
        e.boot_time = now_usec(CLOCK_BOOTTIME);
        CHECK_INT(index_write(f.store, &e, /* keep_time= */ true), 0);

        CHECK_INT(image_store_gc(f.store, NULL, HOUR, NULL, NULL, NULL), 0);
        CHECK(has_image(&f, ID("aa")));
        CHECK_INT(image_store_gc(f.store, NULL, 0, NULL, NULL, NULL), 0);
        CHECK(!has_image(&f, ID("aa")));
}

TEST(gc_drops_unused_trees_of_images_that_stay) {
        ImageInfo info = {};
        SETUP(f);

        make_image(&f, &(Image) { .id = ID("aa"), .name = "example.com/a", .last_used = 5 * USEC_PER_SEC,
                                  .boot = "x" });
        CHECK_INT(image_store_gc(f.store, NULL, USEC_INFINITY, NULL, NULL, NULL), 0);
        CHECK(!image_store_tree_is_rendered(f.store, ID("aa")));
        CHECK_INT(image_store_get(f.store, ID("aa"), &info, NULL), 0);
        CHECK_INT(info.tree_size, 0);
        CHECK_INT(info.last_used, 5 * USEC_PER_SEC);
        image_info_done(&info);
}

TEST(gc_sweeps_what_interrupted_work_left) {
        _cleanup_close_ int staging_fd = -EBADF, abandoned_fd = -EBADF, lock_fd = -EBADF;
        _cleanup_free_ char *staging = NULL, *abandoned = NULL, *name = NULL;
        _cleanup_strv_free_ char **left = NULL;
        SETUP(f);

        make_blob(&f, ID("01"));
        make_tree(&f, ID("02"));
        make_blob(&f, ID("03"));
        name = strjoin(ID("04"), ".manifest", NULL);
        write_file(f.store->index_fd, ID("04"), "name=x\n");
        write_file(f.store->index_fd, name, "{}");
        CHECK_INT(store_staging_new(f.store, &staging, &staging_fd, NULL), 0);
        CHECK_INT(store_staging_new(f.store, &abandoned, &abandoned_fd, NULL), 0);
        abandoned_fd = safe_close(abandoned_fd);
        write_file(f.data_fd, CAS_TMP_DIR "/file", "");

        /* 03 is being published. */
        CHECK_INT(store_lock_image(f.store, ID("03"), /* wait= */ true, &lock_fd), 0);
        CHECK_INT(image_store_gc(f.store, NULL, HOUR, NULL, NULL, NULL), 0);
        CHECK(!has_blob(&f, ID("01")));
        CHECK(!image_store_tree_is_rendered(f.store, ID("02")));
        CHECK(has_blob(&f, ID("03")));
        CHECK_INT(path_exists_at(f.store->index_fd, ID("04")), 0);
        CHECK_INT(path_exists_at(f.store->index_fd, name), 0);

        CHECK_INT(dir_list_at(f.data_fd, CAS_TMP_DIR, &left), 0);
        CHECK_INT(strv_length(left), 1);
        CHECK_STR(left[0], staging);
        left = strv_free(left);

        lock_fd = safe_close(lock_fd);
        CHECK_INT(image_store_gc(f.store, NULL, HOUR, NULL, NULL, NULL), 0);
        CHECK(!has_blob(&f, ID("03")));
        CHECK_INT(dir_list_at(f.data_fd, CAS_LOCK_DIR, &left), 0);
        CHECK_INT(strv_length(left), 0);
}

TEST(lock_of_a_removed_file_is_taken_anew) {
        _cleanup_close_ int a = -EBADF, b = -EBADF;
        _cleanup_free_ char *path = strjoin(CAS_LOCK_DIR "/", ID("aa"), NULL);
        SETUP(f);

        CHECK_INT(store_lock_image(f.store, ID("aa"), /* wait= */ false, &a), 0);
        CHECK_INT(store_lock_image(f.store, ID("aa"), /* wait= */ false, &b), -EWOULDBLOCK);
        CHECK_INT(unlinkat(f.data_fd, path, 0), 0);
        CHECK_INT(store_lock_image(f.store, ID("aa"), /* wait= */ false, &b), 0);
        CHECK_INT(store_lock_image(f.store, "sha512-x", /* wait= */ false, &b), -EINVAL);
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
