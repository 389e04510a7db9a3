/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/inode-map.h"
#include "image/tar-reader.h"

/* Applies an ACI to a directory: "manifest" and "rootfs/" below it. */

typedef struct UnpackArgs {
        int dir_fd;          /* an empty directory */
        uint64_t max_bytes;  /* of all files together, by their size, holes too */
        uint64_t max_entries;
        int (*on_manifest)(const char *text, size_t size, void *userdata);
        void (*on_warning)(const char *text, void *userdata); /* escaped */
        void *userdata;
} UnpackArgs;

typedef struct UnpackResult {
        InodeMap *contents;  /* content digest of each regular file below rootfs */
        bool has_xattrs;
        uint64_t entries;
} UnpackResult;

void unpack_result_done(UnpackResult *r);

/* Reads the source to its end. -EBADMSG, -EFBIG, -ENOSPC, … with diag. */
int unpack_aci(TarSource source, void *source_userdata, const UnpackArgs *a, UnpackResult *ret, Diag *diag);
