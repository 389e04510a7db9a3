/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "basic/diag.h"

/* What rkt and its helper rkt-download say to each other. The request is NUL-separated "key=value" words
 * in a memory file on the helper's stdin (never its command line: a URL may hold a password); the answer
 * is lines on a pipe. rkt does not trust the helper: what it says is parsed as foreign text. */

#define DOWNLOAD_LINE_MAX 4096U
#define DOWNLOAD_ETAG_MAX 1024U

typedef struct DownloadRequest {
        char *url;
        char *etag;              /* If-None-Match, or NULL */
        uint64_t max_bytes;      /* of the body */
        uint64_t stall_seconds;  /* fail after so long below DOWNLOAD_STALL_RATE */
        uint64_t total_seconds;  /* deadline for all of it; 0: none */
        bool insecure_http, insecure_tls;
} DownloadRequest;

#define DOWNLOAD_STALL_RATE 1024L /* bytes a second */

void download_request_done(DownloadRequest *r);
int download_request_format(const DownloadRequest *r, StringBuf *out);
/* -EBADMSG. */
int download_request_parse(const char *data, size_t size, DownloadRequest *ret);

typedef enum DownloadEventKind {
        DOWNLOAD_RESPONSE, /* the final response's head: 200, 202 or 304 */
        DOWNLOAD_PROGRESS,
        DOWNLOAD_DONE,
        DOWNLOAD_ERROR,
        _DOWNLOAD_EVENT_MAX,
} DownloadEventKind;

typedef struct DownloadEvent {
        DownloadEventKind kind;
        /* response: status, max-age in seconds; progress: now, total; done: bytes, -; error: errno, - */
        uint64_t a, b;
        char *text;    /* response: etag or ""; error: message */
} DownloadEvent;

void download_event_done(DownloadEvent *e);
/* One line with its newline. Text is escaped and cut to fit. */
int download_event_format(const DownloadEvent *e, StringBuf *out);
/* -EBADMSG. line: without newline. */
int download_event_parse(const char *line, DownloadEvent *ret);

/* Seconds for which a Cache-Control value allows the answer to be used again; 0: not at all. */
uint64_t cache_control_max_age(const char *value);
/* Whether an entity tag is one that we keep and send back: visible ASCII, not too long. */
bool etag_is_valid(const char *etag);
