/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/path-util.h"
#include "image/import-helper.h"
#include "image/import.h"
#include "image/store-internal.h"
#include "layout/pods.h"

/* Import: a staging directory with "blob" and "tree/", a helper that fills both, and their publication.
 *
 * Publication happens under the image's lock, in the order blob, tree, manifest, index entry; each appears
 * by one rename. Killed in between, everything so far is garbage for gc, and the next import of the image
 * goes over it. Nothing is flushed: trees.c says what makes up for that. A blob that a power cut damaged
 * is found when it is rendered or exported, because its digest is the image's id. */

#define STAGING_BLOB "blob"
#define STAGING_TREE "tree"

struct ImageImport {
        ImageStore *store; /* borrowed */
        char *staging;     /* name in cas/tmp */
        int staging_fd, tree_fd, blob_fd;
        ImportHelper helper;
        ImageManifest *manifest;
        char id[IMAGE_ID_LENGTH + 1];
        bool complete;
};

ImageImport *image_import_free(ImageImport *i) {
        if (!i)
                return NULL;

        import_helper_done(&i->helper);
        if (i->staging)
                store_staging_remove(i->store, i->staging);

        safe_close(i->staging_fd);
        safe_close(i->tree_fd);
        safe_close(i->blob_fd);
        image_manifest_free(i->manifest);
        free(i->staging);
        free(i);
        return NULL;
}

static int import_new(ImageStore *s, bool keep_blob, ImageImport **ret, Diag *diag) {
        _cleanup_(image_import_freep) ImageImport *i = NULL;
        int r;

        i = malloc(sizeof(ImageImport));
        if (!i)
                return -ENOMEM;

        *i = (ImageImport) {
                .store = s,
                .staging_fd = -EBADF,
                .tree_fd = -EBADF,
                .blob_fd = -EBADF,
                .helper = IMPORT_HELPER_NULL,
        };

        /* What a killed fetch has left takes the room that this one needs. */
        (void) store_staging_sweep(s);

        r = store_staging_new(s, &i->staging, &i->staging_fd, diag);
        if (r < 0)
                return r;

        if (mkdirat(i->staging_fd, STAGING_TREE, 0700) < 0)
                return diag_errno(diag, -errno, "cannot make a directory in \"%s\"", CAS_TMP_DIR);

        i->tree_fd = open_beneath(i->staging_fd, STAGING_TREE, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        if (i->tree_fd < 0)
                return diag_errno(diag, i->tree_fd, "cannot open a directory in \"%s\"", CAS_TMP_DIR);

        if (keep_blob) {
                i->blob_fd = openat(i->staging_fd, STAGING_BLOB, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
                if (i->blob_fd < 0)
                        return diag_errno(diag, -errno, "cannot make a file in \"%s\"", CAS_TMP_DIR);
        }

        *ret = TAKE_PTR(i);
        return 0;
}

static int import_start(ImageImport *i, int source_fd, const ImageLimits *limits, Diag *diag) {
        ImportArgs a = {
                .mode = IMPORT_EXTRACT,
                .dir_fd = i->tree_fd,
                .source_fd = source_fd,
                .output_fd = i->blob_fd,
                .max_bytes = IMAGE_SIZE_DEFAULT,
                .max_entries = IMAGE_ENTRIES_DEFAULT,
        };

        if (limits && limits->max_bytes > 0)
                a.max_bytes = limits->max_bytes;
        if (limits && limits->max_entries > 0)
                a.max_entries = limits->max_entries;

        return import_helper_start(&a, &i->helper, diag);
}

int image_import_begin(ImageStore *s, int source_fd, const ImageLimits *limits, ImageImport **ret,
                       Diag *diag) {
        _cleanup_(image_import_freep) ImageImport *i = NULL;
        int r;

        assert(s);
        assert(source_fd >= 0);

        r = import_new(s, /* keep_blob= */ true, &i, diag);
        if (r < 0)
                return r;

        r = import_start(i, source_fd, limits, diag);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(i);
        return 0;
}

static int check_supported(const ImageManifest *m, Diag *diag) {
        if (m->n_dependencies > 0)
                return diag_set(diag, -EOPNOTSUPP,
                                "image \"%s\" has dependencies: not supported by this version", m->name);
        if (m->path_whitelist && *m->path_whitelist)
                return diag_set(diag, -EOPNOTSUPP,
                                "image \"%s\" has a pathWhitelist: not supported by this version", m->name);

        return 0;
}

int image_import_wait_manifest(ImageImport *i, const ImageManifest **ret, Diag *diag) {
        _cleanup_(image_manifest_freep) ImageManifest *m = NULL;
        int r;

        if (!i->manifest) {
                r = import_helper_wait_manifest(&i->helper, diag);
                if (r < 0)
                        return diag_wrap(diag, r, "cannot read the image");

                r = image_manifest_parse("manifest", i->helper.manifest, i->helper.manifest_size, &m, diag);
                if (r < 0)
                        return r;

                r = check_supported(m, diag);
                if (r < 0)
                        return r;

                i->manifest = TAKE_PTR(m);
        }

        if (ret)
                *ret = i->manifest;
        return 0;
}

static int take_id(const ImportResult *result, char ret[IMAGE_ID_LENGTH + 1], Diag *diag) {
        _cleanup_free_ char *id = NULL;

        id = xasprintf("sha512-%.*s", IMAGE_ID_HEX, result->digest);
        if (!id)
                return -ENOMEM;
        if (!image_id_is_valid(id))
                return diag_set(diag, -EIO, IMPORT_HELPER " gave no valid digest");

        memcpy(ret, id, IMAGE_ID_LENGTH + 1);
        return 0;
}

int image_import_wait(ImageImport *i, Diag *diag) {
        int r;

        if (i->complete)
                return 0;

        r = image_import_wait_manifest(i, /* ret= */ NULL, diag);
        if (r < 0)
                return r;

        r = import_helper_wait(&i->helper, diag);
        if (r < 0)
                return diag_wrap(diag, r, "cannot import image \"%s\"", i->manifest->name);

        r = take_id(&i->helper.result, i->id, diag);
        if (r < 0)
                return r;

        i->complete = true;
        return 0;
}

int image_import_blob_fd(ImageImport *i) {
        return i->blob_fd;
}

const char *image_import_id(ImageImport *i) {
        return i->complete ? i->id : NULL;
}

char *const *image_import_warnings(ImageImport *i) {
        return i->helper.warnings;
}

/* Marks, then sizes: the marks are part of what an image list shows. */
static int finish_tree(ImageImport *i, uint64_t *ret_size, Diag *diag) {
        const TreeMarks marks = { .id = i->id, .hash = i->helper.result.checksum };
        struct stat st;
        int r;

        if (fstatat(i->tree_fd, "rootfs", &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
                return diag_set(diag, -EBADMSG, "the image has no rootfs");

        r = tree_write_marks(i->store, i->tree_fd, &marks);
        if (r >= 0)
                r = tree_add_mark_sizes(i->tree_fd, i->helper.result.tree_bytes, ret_size);
        if (r < 0)
                return diag_errno(diag, r, "cannot complete the tree of image \"%s\"", i->id);

        return 0;
}

static int publish_tree(ImageImport *i, Diag *diag) {
        int r;

        r = tree_publish(i->store, i->id, i->staging_fd, STAGING_TREE);
        if (r < 0)
                return diag_errno(diag, r, "cannot put the tree of image \"%s\" into the store", i->id);

        return 0;
}

static int publish_blob(ImageImport *i, Diag *diag) {
        _cleanup_free_ char *path = NULL;
        int r;

        r = store_blob_path(i->store, i->id, /* make_dir= */ true, &path);
        if (r < 0)
                return diag_errno(diag, r, "cannot make a directory in \"%s\"", CAS_BLOB_DIR);

        if (renameat(i->staging_fd, STAGING_BLOB, i->store->cas_fd, path) < 0)
                return diag_errno(diag, -errno, "cannot put image \"%s\" into the store", i->id);

        return 0;
}

static int make_entry(ImageImport *i, IndexEntry *ret) {
        _cleanup_(index_entry_done) IndexEntry e = {};
        const char *version, *boot;
        struct stat st;
        int r;

        if (fstat(i->blob_fd, &st) < 0)
                return -errno;

        r = store_boot_id(i->store, &boot);
        if (r < 0)
                return r;

        version = name_value_list_get(&i->manifest->labels, "version");
        e.info.id = strdup(i->id);
        e.info.name = strdup(i->manifest->name);
        e.info.version = version ? strdup(version) : NULL;
        e.boot = strdup(boot);
        if (!e.info.id || !e.info.name || (version && !e.info.version) || !e.boot)
                return -ENOMEM;

        e.info.blob_size = (uint64_t) st.st_size;
        e.boot_time = now_usec(CLOCK_BOOTTIME);
        e.manifest_size = i->helper.manifest_size;

        *ret = e;
        e = (IndexEntry) {};
        return 0;
}

static int write_entry(ImageImport *i, IndexEntry *e, bool latest, Diag *diag) {
        int r;

        e->info.import_time = now_usec(CLOCK_REALTIME);
        e->info.latest = latest;

        r = index_write(i->store, e, /* keep_time= */ false);
        if (r < 0)
                return diag_errno(diag, r, "cannot write the index entry of image \"%s\"", i->id);

        return 0;
}

static int publish_all(ImageImport *i, bool latest, Diag *diag) {
        _cleanup_(index_entry_done) IndexEntry e = {};
        uint64_t tree_size;
        int r;

        r = make_entry(i, &e);
        if (r < 0)
                return diag_errno(diag, r, "cannot describe image \"%s\"", i->id);

        r = finish_tree(i, &tree_size, diag);
        if (r < 0)
                return r;
        e.info.tree_size = tree_size;

        r = publish_blob(i, diag);
        if (r < 0)
                return r;

        r = publish_tree(i, diag);
        if (r < 0)
                return r;

        r = index_write_manifest(i->store, i->id, i->helper.manifest, i->helper.manifest_size);
        if (r < 0)
                return diag_errno(diag, r, "cannot write the manifest of image \"%s\"", i->id);

        return write_entry(i, &e, latest, diag);
}

int image_import_accept(ImageImport *i, const ImageAccept *a, char **ret_id, Diag *diag) {
        _cleanup_(index_entry_done) IndexEntry old = {};
        _cleanup_close_ int lock_fd = -EBADF;
        _cleanup_free_ char *id = NULL;
        int r;

        r = image_import_wait(i, diag);
        if (r < 0)
                return r;

        if (a->expected_id && !streq(a->expected_id, i->id))
                return diag_set(diag, -EBADMSG, "the image is \"%s\", expected was \"%s\"", i->id,
                                a->expected_id);

        id = strdup(i->id);
        if (!id)
                return -ENOMEM;

        r = store_lock_image(i->store, i->id, /* wait= */ true, &lock_fd);
        if (r < 0)
                return diag_errno(diag, r, "cannot lock image \"%s\"", i->id);

        /* What is whole in the store is not exchanged for what came now: the id says they are the same,
         * and were the helper subverted, its word for it would not be enough. */
        if (index_read(i->store, i->id, &old) >= 0 && image_store_tree_is_rendered(i->store, i->id))
                r = write_entry(i, &old, a->latest || old.info.latest, diag);
        else
                r = publish_all(i, a->latest, diag);
        if (r < 0)
                return r;

        *ret_id = TAKE_PTR(id);
        return 0;
}

/* The blob does not give its id any more: it was damaged on disk, most likely by a power cut soon after
 * its import. Out of the index with it, so that the next fetch brings a good one. */
static int blob_is_damaged(ImageStore *s, const char *id, Diag *diag) {
        int r;

        (void) index_remove(s, id);
        r = diag_set(diag, -EBADMSG, "image \"%s\" is damaged in the store and was removed from it", id);
        return diag_hint(diag, r, "fetch it again");
}

static int render_locked(ImageStore *s, IndexEntry *e, Diag *diag) {
        _cleanup_(image_import_freep) ImageImport *i = NULL;
        _cleanup_close_ int blob_fd = -EBADF;
        const char *id = e->info.id;
        uint64_t tree_size;
        int r;

        r = store_open_blob(s, id, &blob_fd);
        if (r == -ENOENT)
                return blob_is_damaged(s, id, diag);
        if (r < 0)
                return diag_errno(diag, r, "cannot open image \"%s\" in the store", id);

        r = import_new(s, /* keep_blob= */ false, &i, diag);
        if (r < 0)
                return r;

        r = import_start(i, blob_fd, /* limits= */ NULL, diag);
        if (r < 0)
                return r;

        r = image_import_wait(i, diag);
        if (r == -EBADMSG || (r >= 0 && !streq(i->id, id)))
                return blob_is_damaged(s, id, diag);
        if (r < 0)
                return r;

        r = finish_tree(i, &tree_size, diag);
        if (r >= 0)
                r = publish_tree(i, diag);
        if (r < 0)
                return r;

        e->info.tree_size = tree_size;
        r = index_write(s, e, /* keep_time= */ true);
        if (r < 0)
                return diag_errno(diag, r, "cannot update the index entry of image \"%s\"", id);

        return 0;
}

int image_render_tree(ImageStore *s, const char *id, Diag *diag) {
        _cleanup_(index_entry_done) IndexEntry e = {};
        _cleanup_close_ int lock_fd = -EBADF;
        int r;

        r = store_lock_image(s, id, /* wait= */ true, &lock_fd);
        if (r < 0)
                return diag_errno(diag, r, "cannot lock image \"%s\"", id);

        r = index_read(s, id, &e);
        if (r == -ENOENT || r == -EBADMSG)
                return diag_set(diag, -ENOENT, "image \"%s\" is not in the store", id);
        if (r < 0)
                return diag_errno(diag, r, "cannot read the index entry of image \"%s\"", id);

        if (image_store_tree_is_rendered(s, id))
                return 0;

        r = render_locked(s, &e, diag);
        return r < 0 ? diag_wrap(diag, r, "cannot render image \"%s\"", e.info.name) : 0;
}
