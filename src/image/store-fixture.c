/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "image/store-fixture.h"

#define MANIFEST "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"%s\"," \
        "\"labels\":[{\"name\":\"version\",\"value\":\"%s\"},{\"name\":\"os\",\"value\":\"%s\"}]}"

void setup(Fixture *f) {
        f->path = test_tmpdir();
        f->data_fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        CHECK(f->data_fd >= 0);
        CHECK_INT(image_store_open(f->data_fd, /* create= */ true, &f->store, NULL), 0);
}

void teardown(Fixture *f) {
        image_store_close(f->store);
        close(f->data_fd);
        free(f->path);
}

const char *make_id(char ret[IMAGE_ID_LENGTH + 1], const char *text) {
        memset(ret, '0', IMAGE_ID_LENGTH);
        memcpy(ret, "sha512-", 7);
        memcpy(ret + 7, text, strlen(text));
        ret[IMAGE_ID_LENGTH] = 0;
        return ret;
}

void write_file(int dir_fd, const char *path, const char *text) {
        CHECK_INT(file_write_at(dir_fd, path, text, strlen(text), 0600, 0), 0);
}

void make_blob(Fixture *f, const char *id) {
        char *path;

        CHECK_INT(store_blob_path(f->store, id, /* make_dir= */ true, &path), 0);
        write_file(f->store->cas_fd, path, "blob");
        free(path);
}

void make_tree(Fixture *f, const char *id) {
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

void make_image(Fixture *f, const Image *i) {
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

bool has_blob(Fixture *f, const char *id) {
        int fd, r;

        r = store_open_blob(f->store, id, &fd);
        if (r >= 0)
                close(fd);
        return r >= 0;
}

bool has_image(Fixture *f, const char *id) {
        ImageInfo info = {};
        int r;

        r = image_store_get(f->store, id, &info, NULL);
        image_info_done(&info);
        return r >= 0;
}
