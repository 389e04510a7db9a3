/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/strv.h"
#include "image/import-protocol.h"

/* A running rkt-import, seen from rkt. */

typedef struct ImportHelper {
        pid_t pid;        /* 0: not started, or reaped */
        int status_fd;    /* the read end */
        char *manifest;   /* NULL until it came */
        size_t manifest_size;
        char **warnings;  /* strv, escaped */
        bool has_result;
        ImportResult result;
} ImportHelper;

#define IMPORT_HELPER_NULL { .status_fd = -EBADF }

/* a: all but status_fd; the fds are borrowed. */
int import_helper_start(const ImportArgs *a, ImportHelper *ret, Diag *diag);
/* Reads messages until the manifest is there. */
int import_helper_wait_manifest(ImportHelper *h, Diag *diag);
/* Reads messages until the result is there and the process is gone. */
int import_helper_wait(ImportHelper *h, Diag *diag);
/* Kills it if it runs. */
void import_helper_done(ImportHelper *h);
