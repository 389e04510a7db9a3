/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"
#include "basic/time-util.h"

/* What a URL gave at its last download: cas/remote/HASH. */

typedef struct RemoteRecord {
        char *url;
        char *id;        /* the image in the store */
        char *etag;      /* or NULL */
        uint64_t max_age; /* seconds that the server allows it to be used without asking */
        usec_t fetched;  /* wall clock */
} RemoteRecord;

void remote_record_done(RemoteRecord *r);
/* -ENOENT: none, or none that is whole. */
int remote_load(int data_dir_fd, const char *url, RemoteRecord *ret);
int remote_save(int data_dir_fd, const RemoteRecord *r);
int remote_forget(int data_dir_fd, const char *url);
/* After an image was removed: drops every record that names it. */
int remote_forget_image(int data_dir_fd, const char *id);
/* Whether the server need not be asked at wall-clock time now. A record from the future is not fresh. */
bool remote_is_fresh(const RemoteRecord *r, usec_t now);
