/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "appc/image-manifest.h"
#include "basic/time-util.h"

/* The image store, below the data directory (layout/pods.h). Everything in it was accepted: its digest is
 * its name and its signature was checked or waived. State is files alone; each appears whole by rename or
 * link. Order on disk when an image is added: blob, tree, index entry. The index entry is what makes it
 * exist; blobs and trees without one are garbage for image_store_gc(). */

/* What survives: a killed rkt leaves the image whole or absent. A power cut may take an image that was
 * imported within the last half minute or so, before the kernel wrote it out; image_store_gc() flushes at
 * once. What a power cut leaves is recognised and not used: a tree that another boot left unflushed is
 * rendered again from the blob, a damaged blob is found by its digest then, a torn index entry is none. */

typedef struct ImageStore ImageStore;

/* create: make the directories (root only). -ENOENT: nothing there (and not create). data_dir_fd is
 * borrowed. */
int image_store_open(int data_dir_fd, bool create, ImageStore **ret, Diag *diag);
ImageStore *image_store_close(ImageStore *s);
DEFINE_POINTER_CLEANUP(ImageStore *, image_store_close)

typedef struct ImageInfo {
        char *id;             /* store key */
        char *name;           /* from the manifest */
        char *version;        /* label "version", or NULL */
        usec_t import_time, last_used;
        uint64_t blob_size;   /* bytes, as stored */
        uint64_t tree_size;   /* bytes; 0: not rendered */
        bool latest;          /* was fetched without a version label */
} ImageInfo;

void image_info_done(ImageInfo *i);
ImageInfo *image_info_free_array(ImageInfo *a, size_t n);

int image_store_list(ImageStore *s, ImageInfo **ret, size_t *ret_n, Diag *diag);
int image_store_get(ImageStore *s, const char *id, ImageInfo *ret, Diag *diag);

/* By prefix: -ENOENT "no image IDs found", -EINVAL "image ID too short", -ENOTUNIQ "ambiguous image ID". */
int image_store_resolve_id(ImageStore *s, const char *prefix, char **ret_id, Diag *diag);
/* By name and labels (all must match); the latest import wins, one marked latest first if no version is
 * asked. */
int image_store_resolve_name(ImageStore *s, const char *name, const NameValueList *labels, char **ret_id,
                             Diag *diag);
/* Either, as image list|rm|cat-manifest|… take it. */
int image_store_resolve(ImageStore *s, const char *name_or_id, char **ret_id, Diag *diag);

int image_store_load_manifest(ImageStore *s, const char *id, ImageManifest **ret, Diag *diag);
int image_store_read_manifest_text(ImageStore *s, const char *id, char **ret, size_t *ret_size, Diag *diag);
int image_store_touch(ImageStore *s, const char *id); /* sets last_used to now */

/* The rendered tree: cas/tree/ID. Read-only, shared by all pods. */
int image_store_tree_is_rendered(ImageStore *s, const char *id); /* 1, 0 */
/* O_PATH|O_DIRECTORY fd of cas/tree/ID/rootfs. -ENOENT: not rendered. */
int image_store_open_tree(ImageStore *s, const char *id, int *ret_fd);

/* Removes index entry, then tree, then blob. The tree stays for gc if a pod names it or somebody holds its
 * lock. */
int image_store_remove(ImageStore *s, const char *id, Diag *diag);

/* Marks the tree as used by whoever holds ret_fd (a shared lock), against removal. */
int image_store_lock_tree(ImageStore *s, const char *id, int *ret_fd);

typedef struct ImageGcEvents {
        bool keep_trees; /* of images that stay; else every tree not in use goes, as "rkt image gc" says */
        void (*removed_tree)(const char *id, void *userdata);
        void (*removed_image)(const char *id, const char *name, void *userdata);
        void *userdata;
} ImageGcEvents;

/* Removes images unused for grace_usec that are not in use, trees that are not in use, blobs without image
 * and stale staging; then flushes what stays, so that it survives a power cut. in_use: strv of the ids
 * that pods (stage1TreeStoreID, treeStoreID) and ready/ name. A last use in the future counts as now. One
 * failure does not stop the rest; the first is returned. */
int image_store_gc(ImageStore *s, char *const *in_use, usec_t grace_usec, const ImageGcEvents *events,
                   size_t *ret_removed, Diag *diag);
