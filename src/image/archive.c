/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "basic/fd-util.h"
#include "image/fetch-steps.h"
#include "image/keystore.h"
#include "image/verify.h"

/* The manifest stands near the front of an archive and names the image, and the name says which keys
 * count: so an image that nobody is trusted for is refused before it is downloaded. Everything else waits
 * for the end: the signature is checked over the blob in staging, which is what will be kept. If the
 * source fails, so does the import, and the source's reason is the one to tell. */

typedef struct Import {
        Archive *archive;
        ImageStore *store;
        const FetchArgs *args;
        ImageImport *import;
        const ImageManifest *manifest; /* borrowed from import */
        int keyring_fd;
        Diag *diag;
} Import;

typedef int (*Step)(Import *i);

void archive_done(Archive *archive) {
        archive->source_fd = safe_close(archive->source_fd);
        free(archive->signature);
        archive->signature = NULL;
}

static bool is_verified(const Import *i) {
        return !(i->args->insecure & INSECURE_IMAGE);
}

/* The importer failed with e and its words in the diag: were it the download's fault? */
static int import_failed(Import *i, int e) {
        _cleanup_diag_ Diag own = {};
        int blame = i->archive->download ? download_blame(i->archive->download, &own) : 0;

        if (blame >= 0)
                return e;
        diag_move(i->diag, &own);
        return diag_wrap(i->diag, blame, "error downloading ACI");
}

static int step_begin(Import *i) {
        int e;

        e = image_import_begin(i->store, i->archive->source_fd, &i->args->limits, &i->import, i->diag);
        /* Whoever feeds the pipe must see when the importer is gone. */
        i->archive->source_fd = safe_close(i->archive->source_fd);
        return e;
}

static int step_manifest(Import *i) {
        int e = image_import_wait_manifest(i->import, &i->manifest, i->diag);

        return e < 0 ? import_failed(i, e) : 0;
}

static int step_platform(Import *i) {
        return i->args->no_check_platform ? 0 : image_manifest_check_platform(i->manifest, i->diag);
}

static int verification_failed(Import *i, int e) {
        e = diag_wrap(i->diag, e, "image \"%s\" verification failed", i->manifest->name);
        if (e != -ENOKEY)
                return e;
        return diag_hint(i->diag, e,
                         "if you trust whoever signed it, add the key: rkt trust --prefix=%s PUBKEY",
                         i->manifest->name);
}

static int step_keyring(Import *i) {
        int e;

        if (!is_verified(i))
                return 0;
        e = keystore_keyring_for(i->args->paths, i->manifest->name, &i->keyring_fd,
                                 /* ret_fingerprints= */ NULL, i->diag);
        if (e == -ENOKEY)
                e = diag_wrap(i->diag, e, "openpgp: signature made by unknown entity");
        return e < 0 ? verification_failed(i, e) : 0;
}

static void report_progress(uint64_t now, uint64_t total, void *userdata) {
        const FetchArgs *a = userdata;

        if (a->progress)
                a->progress("ACI", now, total, a->userdata);
}

static int step_download(Import *i) {
        DownloadProgress progress = { .report = report_progress, .userdata = (void *) i->args };
        _cleanup_diag_ Diag own = {};
        uint64_t bytes;
        int e;

        if (!i->archive->download)
                return 0;
        e = download_wait(i->archive->download, &progress, &bytes, &own);
        /* Its reader went away: that has a reason of its own, which step_import() will tell. */
        if (e == -EPIPE)
                return 0;
        if (e >= 0)
                return 0;
        diag_move(i->diag, &own);
        return diag_wrap(i->diag, e, "error downloading ACI");
}

static int step_import(Import *i) {
        int e = image_import_wait(i->import, i->diag);

        if (e < 0)
                return import_failed(i, e);
        STRV_FOREACH(text, image_import_warnings(i->import))
                fetch_notify(i->args, "warning: %s", *text);
        return 0;
}

static int step_late_signature(Import *i) {
        return i->archive->late_signature ? i->archive->late_signature(i->archive, i->args, i->diag) : 0;
}

static int step_verify(Import *i) {
        _cleanup_close_ int signature_fd = -EBADF;
        _cleanup_free_ char *signer = NULL;
        int e;

        if (!is_verified(i))
                return 0;
        signature_fd = memfd_new_sealed("rkt-signature", i->archive->signature, i->archive->signature_size);
        if (signature_fd < 0)
                return diag_errno(i->diag, signature_fd, "failed to make a memory file");
        e = signature_verify(i->keyring_fd, signature_fd, image_import_blob_fd(i->import), &signer, i->diag);
        if (e < 0)
                return verification_failed(i, e);
        fetch_notify(i->args, "signature verified:\n  %s", signer);
        return 0;
}

static const Step steps[] = {
        step_begin,    step_manifest, step_platform,       step_keyring,
        step_download, step_import,   step_late_signature, step_verify,
};

int archive_import(Archive *archive, ImageStore *s, const FetchArgs *a, char **ret_id, Diag *diag) {
        _cleanup_diag_ Diag own = {};
        Import i = {
                .archive = archive, .store = s, .args = a, .keyring_fd = -EBADF, .diag = diag ?: &own,
        };
        int e = 0;

        for (size_t n = 0; e >= 0 && n < ELEMENTSOF(steps); n++)
                e = steps[n](&i);
        if (e >= 0)
                e = image_import_accept(i.import, &(ImageAccept) {}, ret_id, i.diag);
        image_import_free(i.import);
        safe_close(i.keyring_fd);
        return e < 0 ? e : 0;
}
