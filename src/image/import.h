/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store.h"

/* One streaming pass from a byte stream to staging, in the helper program rkt-import: keep the bytes as
 * they came (blob), decompress, digest, read the tar, extract. The helper runs chrooted in its staging
 * directory, with only the capabilities that writing other users' files takes, no network and a system
 * call filter; it is given open fds and nothing else. What it made becomes visible only through
 * image_import_accept(). */

typedef struct ImageImport ImageImport;

typedef struct ImageLimits {
        uint64_t max_bytes;   /* of the archive, uncompressed, and of all its files; 0: IMAGE_SIZE_DEFAULT */
        uint64_t max_entries; /* 0: IMAGE_ENTRIES_DEFAULT */
} ImageLimits;

#define IMAGE_SIZE_DEFAULT (16ULL * 1024 * 1024 * 1024)
#define IMAGE_ENTRIES_DEFAULT (1000000ULL)

/* Starts the helper on source_fd (file or pipe, read to its end; borrowed). */
int image_import_begin(ImageStore *s, int source_fd, const ImageLimits *limits, ImageImport **ret,
                       Diag *diag);
/* Waits for the manifest, which stands near the front of an ACI (so that trust can be looked up by name). */
int image_import_wait_manifest(ImageImport *i, const ImageManifest **ret, Diag *diag);
/* What was left out of the tree (device nodes, some extended attributes), a line each, escaped. Borrowed. */
char *const *image_import_warnings(ImageImport *i);
/* Waits for the end of the pass. -EBADMSG, -EFBIG, -ENOSPC, … with diag: nothing is left behind. */
int image_import_wait(ImageImport *i, Diag *diag);
/* The blob in staging, as it came; readable once image_import_wait() succeeded. Borrowed. */
int image_import_blob_fd(ImageImport *i);
const char *image_import_id(ImageImport *i);

typedef struct ImageAccept {
        const char *expected_id; /* or NULL; -EBADMSG if it is another */
        bool latest;
} ImageAccept;

/* Publishes blob, tree and index entry. An image that is already there is a success. ret_id: the caller's. */
int image_import_accept(ImageImport *i, const ImageAccept *a, char **ret_id, Diag *diag);
/* Without accept: kills the helper and removes the staging. */
ImageImport *image_import_free(ImageImport *i);
DEFINE_POINTER_CLEANUP(ImageImport *, image_import_free)

/* Renders an image anew from its blob (its tree was removed, or did not survive a power cut). */
int image_render_tree(ImageStore *s, const char *id, Diag *diag);
/* Extracts a stored image to a directory that does not exist yet: rootfs_only leaves out the manifest.
 * flatten: with its dependencies. Nothing remains of a failed one. */
int image_extract(ImageStore *s, const char *id, const char *dest, bool rootfs_only, Diag *diag);
/* Writes the uncompressed archive. */
int image_export(ImageStore *s, const char *id, int to_fd, Diag *diag);
/* Compares the rendered tree with the checksum taken when it was rendered: 1 equal, 0 not (reason in
 * diag). */
int image_verify_tree(ImageStore *s, const char *id, Diag *diag);
/* Copies the rendered tree's rootfs into dest_fd (--no-overlay): owners, modes, xattrs, hard links, holes. */
int image_copy_tree(ImageStore *s, const char *id, int dest_fd, Diag *diag);
