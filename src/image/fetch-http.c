/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/mman.h>

#include "basic/fd-util.h"
#include "image/fetch-steps.h"
#include "image/remote.h"
#include "image/store-internal.h"

/* An image by URL, in rkt's order: what the store knows of the URL, by pull policy and age; then the
 * signature, so that an image without one costs nothing; then the image, unless the server says that it
 * has not changed. */

#define PIPE_BYTES (1024 * 1024)
#define IMAGE_STALL_SECONDS 60U
#define DOCUMENT_STALL_SECONDS 30U
#define DOCUMENT_TOTAL_SECONDS 120U

static bool is_url(const char *s) {
        return startswith(s, "https://") || startswith(s, "http://");
}

/* The helper refuses plain http, too; here the user hears it before anything is started. */
static int check_scheme(const char *url, const FetchArgs *a, Diag *diag) {
        _cleanup_free_ char *shown = NULL;
        int e;

        if (!startswith(url, "http://") || a->insecure & INSECURE_HTTP)
                return 0;
        shown = url_redact(url);
        e = diag_set(diag, -EPROTONOSUPPORT, "refusing to fetch \"%s\" over plain http", strempty(shown));
        return diag_hint(diag, e, "use https, or allow it by --insecure-options=http");
}

static DownloadRequest make_request(const FetchArgs *a, const char *url) {
        return (DownloadRequest) {
                .url = (char *) url,
                .insecure_http = a->insecure & INSECURE_HTTP,
                .insecure_tls = a->insecure & INSECURE_TLS,
        };
}

typedef struct DocumentProgress {
        const FetchArgs *args;
        const char *label;
} DocumentProgress;

static void report_document(uint64_t now, uint64_t total, void *userdata) {
        const DocumentProgress *p = userdata;

        if (p->args->progress)
                p->args->progress(p->label, now, total, p->args->userdata);
}

static int download_document(const FetchArgs *a, const DocumentArgs *d, int body_fd, Diag *diag) {
        DownloadProgress progress = { report_document, &(DocumentProgress) { a, d->label } };
        _cleanup_(download_freep) Download *download = NULL;
        DownloadRequest request = make_request(a, d->url_or_path);
        DownloadResponse response;
        uint64_t bytes;
        int e;

        request.max_bytes = d->max;
        request.stall_seconds = DOCUMENT_STALL_SECONDS;
        request.total_seconds = DOCUMENT_TOTAL_SECONDS;
        e = download_start(&request, body_fd, &download, diag);
        if (e >= 0)
                e = download_wait_response(download, &response, diag);
        if (e < 0)
                return e;
        if (response.status == 202)
                return diag_set(diag, -EINPROGRESS,
                                "the server asks to come back later (HTTP status code 202)");
        if (response.status != 200)
                return diag_set(diag, -EIO, "bad HTTP status code: %u", response.status);
        return download_wait(download, &progress, &bytes, diag);
}

static int document_from_url(const FetchArgs *a, const DocumentArgs *d, char **ret, size_t *ret_size,
                             Diag *diag) {
        _cleanup_close_ int fd = -EBADF;
        int e;

        e = check_scheme(d->url_or_path, a, diag);
        if (e < 0)
                return e;

        fd = memfd_create("rkt-document", MFD_CLOEXEC);
        if (fd < 0)
                return diag_errno(diag, -errno, "failed to make a memory file");
        e = download_document(a, d, fd, diag);
        if (e < 0) {
                _cleanup_free_ char *shown = url_redact(d->url_or_path);
                return diag_wrap(diag, e, "get \"%s\"", strempty(shown));
        }
        if (lseek(fd, 0, SEEK_SET) < 0)
                return -errno;
        e = fd_read_all(fd, d->max, ret, ret_size);
        return e < 0 ? diag_errno(diag, e, "failed to read what was downloaded") : 0;
}

static int document_from_file(const DocumentArgs *d, char **ret, size_t *ret_size, Diag *diag) {
        _cleanup_close_ int fd = -EBADF;
        int e;

        fd = open(d->url_or_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        e = fd < 0 ? -errno : fd_is_regular(fd);
        if (e >= 0)
                e = fd_read_all(fd, d->max, ret, ret_size);
        if (e < 0) {
                _cleanup_free_ char *escaped = string_escape(d->url_or_path);
                return diag_errno(diag, e, "open \"%s\"", strempty(escaped));
        }
        return 0;
}

int fetch_document(const FetchArgs *a, const DocumentArgs *d, char **ret, size_t *ret_size, Diag *diag) {
        if (is_url(d->url_or_path))
                return document_from_url(a, d, ret, ret_size, diag);
        return document_from_file(d, ret, ret_size, diag);
}

/* One image by URL under way. */
typedef struct UrlFetch {
        ImageStore *store;
        const FetchArgs *args;
        const char *url;
        char *shown;           /* fit for messages */
        char *signature;       /* where it is */
        RemoteRecord record;   /* of the last download; url is NULL without one */
} UrlFetch;

static void url_fetch_done(UrlFetch *f) {
        free(f->shown);
        free(f->signature);
        remote_record_done(&f->record);
}

static int get_signature(const UrlFetch *f, Archive *archive, Diag *diag) {
        _cleanup_free_ char *shown = url_redact(f->signature);

        fetch_debug(f->args, "downloading signature from %s", strempty(shown));
        return fetch_document(f->args,
                              &(DocumentArgs) {
                                      .url_or_path = f->signature,
                                      .label = "signature",
                                      .max = SIGNATURE_FILE_MAX,
                              },
                              &archive->signature, &archive->signature_size, diag);
}

static int get_signature_late(Archive *archive, const FetchArgs *a, Diag *diag) {
        int e = get_signature(archive->userdata, archive, diag);

        if (e == -EINPROGRESS)
                return diag_set(diag, e,
                                "error downloading the signature file: server asked to defer the download "
                                "again");
        return e < 0 ? diag_wrap(diag, e, "error downloading the signature file") : 0;
}

static int get_signature_first(UrlFetch *f, Archive *archive, Diag *diag) {
        _cleanup_diag_ Diag own = {};
        Diag *d = diag ?: &own;
        int e;

        if (f->args->insecure & INSECURE_IMAGE)
                return 0;
        e = get_signature(f, archive, d);
        if (e == -EINPROGRESS) {
                diag_done(d);
                fetch_notify(f->args, "server requested deferring the signature download");
                archive->late_signature = get_signature_late;
                archive->userdata = f;
                return 0;
        }
        if (e >= 0)
                return 0;
        e = diag_wrap(d, e, "error downloading the signature file");
        return diag_hint(d, e, SIGNATURE_HINT);
}

static int save_record(const UrlFetch *f, const char *id, const DownloadResponse *response) {
        return remote_save(f->store->data_fd, &(RemoteRecord) {
                                                      .url = (char *) f->url,
                                                      .id = (char *) id,
                                                      .etag = (char *) response->etag,
                                                      .max_age = response->max_age,
                                                      .fetched = now_usec(CLOCK_REALTIME),
                                              });
}

static int take_response(UrlFetch *f, Archive *archive, const DownloadResponse *response, char **ret_id,
                         Diag *diag) {
        DownloadResponse known = *response;
        _cleanup_free_ char *id = NULL;
        int e;

        if (response->status == 304 && f->record.url) {
                /* A 304 may leave out what has not changed. */
                known.etag = known.etag ?: f->record.etag;
                e = fetch_stored(f->store, f->args, f->record.id, &id, diag);
        } else if (response->status == 200)
                e = archive_import(archive, f->store, f->args, &id, diag);
        else
                e = diag_set(diag, -EIO, "error downloading ACI: bad HTTP status code: %u", response->status);
        if (e < 0)
                return e;
        /* Without a record the next fetch downloads again. */
        (void) save_record(f, id, &known);
        *ret_id = TAKE_PTR(id);
        return 0;
}

static int download_image(UrlFetch *f, Archive *archive, char **ret_id, Diag *diag) {
        const ImageLimits *limits = &f->args->limits;
        _cleanup_(download_freep) Download *download = NULL;
        DownloadRequest request = make_request(f->args, f->url);
        _cleanup_close_ int write_fd = -EBADF;
        DownloadResponse response;
        int fds[2], e;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return diag_errno(diag, -errno, "failed to make a pipe");
        archive->source_fd = fds[0];
        write_fd = fds[1];
        (void) fcntl(write_fd, F_SETPIPE_SZ, PIPE_BYTES);

        request.etag = f->record.etag;
        request.max_bytes = limits->max_bytes ?: IMAGE_SIZE_DEFAULT;
        request.stall_seconds = IMAGE_STALL_SECONDS;
        e = download_start(&request, write_fd, &download, diag);
        write_fd = safe_close(write_fd);
        if (e < 0)
                return e;
        e = download_wait_response(download, &response, diag);
        if (e < 0)
                return diag_wrap(diag, e, "error downloading ACI");
        archive->download = download;
        return take_response(f, archive, &response, ret_id, diag);
}

static int fetch_remote(UrlFetch *f, char **ret_id, Diag *diag) {
        _cleanup_(archive_done) Archive archive = { .source_fd = -EBADF };
        int e;

        fetch_debug(f->args, "remote fetching from URL \"%s\"", f->shown);
        if (f->record.url && remote_is_fresh(&f->record, now_usec(CLOCK_REALTIME))) {
                fetch_debug(f->args, "image for %s isn't expired, not fetching.", f->shown);
                return fetch_stored(f->store, f->args, f->record.id, ret_id, diag);
        }
        e = check_scheme(f->url, f->args, diag);
        if (e < 0)
                return e;
        fetch_debug(f->args, "fetching image from %s", f->shown);
        if (startswith(f->url, "http://"))
                fetch_notify(f->args, "warning: plain http has been enabled");
        if (f->args->insecure & INSECURE_TLS)
                fetch_notify(f->args, "warning: TLS verification has been disabled");
        if (f->args->insecure & INSECURE_IMAGE)
                fetch_notify(f->args, "warning: image signature verification has been disabled");
        e = get_signature_first(f, &archive, diag);
        return e < 0 ? e : download_image(f, &archive, ret_id, diag);
}

/* The record of the URL, if what it names is still in the store. */
static int load_record(UrlFetch *f) {
        _cleanup_(image_info_done) ImageInfo info = {};
        int e;

        e = remote_load(f->store->data_fd, f->url, &f->record);
        if (e == -ENOENT)
                return 0;
        if (e < 0)
                return e;
        if (image_store_get(f->store, f->record.id, &info, /* diag= */ NULL) < 0) {
                remote_record_done(&f->record);
                (void) remote_forget(f->store->data_fd, f->url);
        }
        return 0;
}

int fetch_url(ImageStore *s, const char *url, const FetchArgs *a, char **ret_id, Diag *diag) {
        _cleanup_(url_fetch_done) UrlFetch f = { .store = s, .args = a, .url = url };
        int e;

        f.shown = url_redact(url);
        f.signature = a->signature ? strdup(a->signature) : signature_location(url, /* is_url= */ true);
        if (!f.shown || !f.signature)
                return -ENOMEM;
        e = load_record(&f);
        if (e < 0)
                return e;
        if (f.record.url && a->pull_policy != PULL_UPDATE) {
                fetch_debug(a, "using image from local store for url %s", f.shown);
                return fetch_stored(s, a, f.record.id, ret_id, diag);
        }
        if (a->pull_policy == PULL_NEVER) {
                e = diag_set(diag, -ENOENT, "it is not in the store, and the pull policy is \"never\"");
                return diag_hint(diag, e, "fetch it first, or allow it by --pull-policy=new");
        }
        return fetch_remote(&f, ret_id, diag);
}
