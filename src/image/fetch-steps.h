/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/download.h"
#include "image/fetch.h"

/* What the ways of fetching (fetch.c: store and paths, fetch-http.c) share. Nobody outside image/ includes
 * this. */

void fetch_notify(const FetchArgs *a, const char *format, ...) _printf_(2, 3);
void fetch_debug(const FetchArgs *a, const char *format, ...) _printf_(2, 3);

/* An image that the store has: checks its platform, renders its tree if that is gone, and marks it used. */
int fetch_stored(ImageStore *s, const FetchArgs *a, const char *id, char **ret_id, Diag *diag);

/* An archive on its way in. */
typedef struct Archive Archive;
struct Archive {
        int source_fd;       /* file or pipe; closed as soon as the importer has it */
        Download *download;  /* that feeds the pipe, or NULL; borrowed */
        char *signature;     /* NULL: not wanted */
        size_t signature_size;
        /* Gets the signature once the image is there: the server asked to wait. NULL: it is there already. */
        int (*late_signature)(Archive *archive, const FetchArgs *a, Diag *diag);
        void *userdata;
};

void archive_done(Archive *archive);
/* Import, look up trust, verify, accept. Signature checks happen unless INSECURE_IMAGE. */
int archive_import(Archive *archive, ImageStore *s, const FetchArgs *a, char **ret_id, Diag *diag);

/* Downloads an archive, or finds that the one in the store still is what the URL gives. */
int fetch_url(ImageStore *s, const char *url, const FetchArgs *a, char **ret_id, Diag *diag);

#define SIGNATURE_FILE_MAX (256U * 1024)
#define SIGNATURE_HINT                                                                           \
        "give the image's detached signature with --signature=PATH, or take an image that you "   \
        "trust without one by --insecure-options=image"

/* location + ".asc", before a "?" or "#" if it is a URL. NULL: out of memory. */
char *signature_location(const char *location, bool is_url);
/* The URL without its password, escaped, for messages. NULL: out of memory. */
char *url_redact(const char *url);
