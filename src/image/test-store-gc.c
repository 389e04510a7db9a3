/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/test.h"
#include "image/store-fixture.h"
#include "image/store-internal.h"
#include "layout/pods.h"

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

DEFINE_TEST_MAIN()
