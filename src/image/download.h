/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/download-protocol.h"

/* A download under way in the helper rkt-download: rkt's end of it. Nothing here interprets the body. */

typedef struct Download Download;

typedef struct DownloadProgress {
        /* total: UINT64_MAX: unknown; both: the download has failed after some were reported */
        void (*report)(uint64_t now, uint64_t total, void *userdata);
        void *userdata;
} DownloadProgress;

/* Starts it. body_fd: the pipe or file that the body goes to; borrowed, and only the helper has it
 * afterwards if the caller closes it. */
int download_start(const DownloadRequest *r, int body_fd, Download **ret, Diag *diag);
/* Kills the helper if it is still running. */
Download *download_free(Download *d);
DEFINE_POINTER_CLEANUP(Download *, download_free)

typedef struct DownloadResponse {
        unsigned status;      /* 200, 202 (come back later), 304 (not modified) */
        uint64_t max_age;     /* seconds */
        const char *etag;     /* or NULL; borrowed from the download */
} DownloadResponse;

/* Waits for the response's head. Failures of the helper: see http_download(). */
int download_wait_response(Download *d, DownloadResponse *ret, Diag *diag);
/* Waits for the end of the body. ret_bytes: its size. */
int download_wait(Download *d, const DownloadProgress *progress, uint64_t *ret_bytes, Diag *diag);
/* After the body's reader failed: why the download itself failed, if it did (negative errno with diag); 0:
 * it did not, so that the reader's own reason stands. */
int download_blame(Download *d, Diag *diag);
