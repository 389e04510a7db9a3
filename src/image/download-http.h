/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/download-protocol.h"

/* One HTTP(S) resource by libcurl: in rkt-download only. */

/* Certificate authorities in place of the system's: PEM text, and a directory as c_rehash(1) makes it.
 * Neither: the system's. */
typedef struct HttpTrust {
        char *bundle;
        size_t bundle_size;
        const char *directory;
} HttpTrust;

typedef struct HttpSink {
        const HttpTrust *trust;
        int body_fd;
        /* What there is to tell, in order; never DOWNLOAD_ERROR. A negative return ends the download. */
        int (*event)(const DownloadEvent *e, void *userdata);
        void *userdata;
} HttpSink;

/* Negative errno with diag: -ENOENT (404, 410), -EACCES (401, 403), -EPROTO (TLS), -EFBIG, -ETIMEDOUT,
 * -EPIPE (nobody reads the body any more), … */
int http_download(const DownloadRequest *r, const HttpSink *sink, Diag *diag);
/* Loads what the library loads once. Before confinement. */
int http_setup(Diag *diag);
