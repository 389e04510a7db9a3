/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "image/ref.h"
#include "image/store-internal.h"

/* Which image of the store is meant: by id or its prefix, or by name and labels. */

#define ID_PREFIX "sha512-"

void image_info_done(ImageInfo *i) {
        if (!i)
                return;

        free(i->id);
        free(i->name);
        free(i->version);
        *i = (ImageInfo) {};
}

ImageInfo *image_info_free_array(ImageInfo *a, size_t n) {
        for (size_t i = 0; i < n; i++)
                image_info_done(&a[i]);

        free(a);
        return NULL;
}

static void info_take(IndexEntry *e, ImageInfo *ret) {
        *ret = e->info;
        e->info = (ImageInfo) {};
        index_entry_done(e);
}

int image_store_get(ImageStore *s, const char *id, ImageInfo *ret, Diag *diag) {
        IndexEntry e = {};
        int r;

        r = index_read(s, id, &e);
        if (r == -ENOENT || r == -EBADMSG)
                return diag_set(diag, -ENOENT, "image \"%s\" is not in the store", id);
        if (r < 0)
                return diag_errno(diag, r, "cannot read the index entry of image \"%s\"", id);

        info_take(&e, ret);
        return 0;
}

int image_store_list(ImageStore *s, ImageInfo **ret, size_t *ret_n, Diag *diag) {
        _cleanup_strv_free_ char **ids = NULL;
        ImageInfo *infos;
        size_t n = 0;
        int r;

        r = index_list_ids(s, &ids);
        if (r < 0)
                return diag_errno(diag, r, "cannot read the index of the image store");

        infos = calloc(strv_length(ids) + 1, sizeof(ImageInfo));
        if (!infos)
                return -ENOMEM;

        STRV_FOREACH(id, ids) {
                IndexEntry e = {};

                r = index_read(s, *id, &e);
                if (r == -ENOENT || r == -EBADMSG) /* just removed, or damaged */
                        continue;
                if (r < 0) {
                        image_info_free_array(infos, n);
                        return diag_errno(diag, r, "cannot read the index entry of image \"%s\"", *id);
                }

                info_take(&e, &infos[n++]);
        }

        *ret = infos;
        *ret_n = n;
        return 0;
}

static int resolve_whole_id(ImageStore *s, const char *id, char **ret_id) {
        _cleanup_(index_entry_done) IndexEntry e = {};
        int r;

        r = index_read(s, id, &e);
        if (r < 0)
                return r == -EBADMSG ? -ENOENT : r;

        *ret_id = TAKE_PTR(e.info.id);
        return 0;
}

int image_store_resolve_id(ImageStore *s, const char *prefix, char **ret_id, Diag *diag) {
        _cleanup_strv_free_ char **ids = NULL;
        _cleanup_free_ char *found = NULL, *key = NULL;
        int r;

        if (strlen(prefix) < strlen(ID_PREFIX) + 2)
                return diag_set(diag, -EINVAL, "image ID too short");
        if (!image_id_is_prefix(prefix))
                return diag_set(diag, -EINVAL, "\"%s\" is not an image ID", prefix);

        /* A whole sha512 is longer than a store key. */
        key = strndup(prefix, IMAGE_ID_LENGTH);
        if (!key)
                return -ENOMEM;

        if (image_id_is_valid(key)) {
                r = resolve_whole_id(s, key, ret_id);
                return r == -ENOENT ? diag_set(diag, r, "no image IDs found") : r;
        }

        r = index_list_ids(s, &ids);
        if (r < 0)
                return diag_errno(diag, r, "cannot read the index of the image store");

        STRV_FOREACH(id, ids) {
                _cleanup_free_ char *whole = NULL;

                if (!startswith(*id, key) || resolve_whole_id(s, *id, &whole) < 0)
                        continue;
                if (found)
                        return diag_set(diag, -ENOTUNIQ, "ambiguous image ID");
                found = TAKE_PTR(whole);
        }

        if (!found)
                return diag_set(diag, -ENOENT, "no image IDs found");

        *ret_id = TAKE_PTR(found);
        return 0;
}

/* 1, 0, or error. The version is in the index; any other label takes a look into the manifest. */
static int labels_match(ImageStore *s, const ImageInfo *info, const NameValueList *labels) {
        _cleanup_(image_manifest_freep) ImageManifest *m = NULL;
        int r;

        for (size_t i = 0; labels && i < labels->n; i++) {
                const NameValue *want = &labels->items[i];

                if (streq(want->name, "version")) {
                        if (!streq_ptr(info->version, want->value))
                                return 0;
                        continue;
                }

                if (!m) {
                        r = image_store_load_manifest(s, info->id, &m, /* diag= */ NULL);
                        if (r < 0)
                                return r == -ENOMEM ? r : 0;
                }

                if (!streq_ptr(name_value_list_get(&m->labels, want->name), want->value))
                        return 0;
        }

        return 1;
}

static bool is_better(const ImageInfo *a, const ImageInfo *best, bool latest_counts) {
        if (!best)
                return true;
        if (latest_counts && a->latest != best->latest)
                return a->latest;
        return a->import_time > best->import_time;
}

int image_store_resolve_name(ImageStore *s, const char *name, const NameValueList *labels, char **ret_id,
                             Diag *diag) {
        bool latest_counts = !labels || !name_value_list_get(labels, "version");
        const ImageInfo *best = NULL;
        ImageInfo *infos = NULL;
        size_t n = 0;
        char *id;
        int r;

        r = image_store_list(s, &infos, &n, diag);
        if (r < 0)
                return r;

        for (size_t i = 0; i < n && r >= 0; i++) {
                if (!streq(infos[i].name, name))
                        continue;

                r = labels_match(s, &infos[i], labels);
                if (r > 0 && is_better(&infos[i], best, latest_counts))
                        best = &infos[i];
        }

        id = r >= 0 && best ? strdup(best->id) : NULL;
        if (r >= 0 && !best)
                r = diag_set(diag, -ENOENT, "no image \"%s\" with these labels in the store", name);
        else if (r >= 0 && !id)
                r = -ENOMEM;

        image_info_free_array(infos, n);
        if (r < 0)
                return r;

        *ret_id = id;
        return 0;
}

int image_store_resolve(ImageStore *s, const char *name_or_id, char **ret_id, Diag *diag) {
        _cleanup_(image_ref_done) ImageRef ref = {};
        int r;

        if (startswith(name_or_id, ID_PREFIX))
                return image_store_resolve_id(s, name_or_id, ret_id, diag);

        r = image_ref_parse(name_or_id, &ref, diag);
        if (r < 0)
                return r;

        if (ref.kind != IMAGE_REF_NAME)
                return diag_set(diag, -EINVAL, "\"%s\" is neither an image ID nor an image name", name_or_id);

        r = image_store_resolve_name(s, ref.name, &ref.labels, ret_id, diag);
        if (r == -ENOENT)
                return diag_set(diag, r, "no image \"%s\" in the store", name_or_id);
        return r;
}
