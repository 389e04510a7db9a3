/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "basic/diag.h"

/* Between rkt and its helper rkt-import: arguments one way, messages on the status pipe the other way. The
 * helper reads foreign bytes, so whatever it says is foreign as well: sizes are bounded, text is escaped
 * before it is shown, ids are checked. */

#define IMPORT_HELPER "rkt-import"

typedef enum ImportMode {
        IMPORT_EXTRACT, /* source → [blob], manifest and rootfs below dir, digest, checksum */
        IMPORT_EXPORT,  /* source → output, decompressed; digest */
        IMPORT_VERIFY,  /* checksum of the rootfs below dir */
        _IMPORT_MODE_MAX,
} ImportMode;

const char *import_mode_to_string(ImportMode m);
int import_mode_from_string(const char *s); /* -EINVAL */

typedef struct ImportArgs {
        ImportMode mode;
        int dir_fd;      /* becomes the helper's root */
        int source_fd;   /* the archive; -EBADF: verify */
        int output_fd;   /* extract: the blob, or -EBADF; export: where to */
        int status_fd;   /* the write end of the pipe */
        uint64_t max_bytes, max_entries;
} ImportArgs;

/* argv for the helper, the caller's. */
int import_args_format(const ImportArgs *a, char ***ret);
int import_args_parse(int argc, char *const *argv, ImportArgs *ret);

typedef enum ImportMessageType {
        IMPORT_MESSAGE_MANIFEST = 'M', /* text */
        IMPORT_MESSAGE_WARNING = 'W',  /* text: something was left out */
        IMPORT_MESSAGE_ERROR = 'E',    /* ImportError */
        IMPORT_MESSAGE_RESULT = 'R',   /* ImportResult; the last one */
} ImportMessageType;

#define IMPORT_TEXT_MAX (4U * 1024)
#define IMPORT_WARNINGS_MAX 16U
#define IMPORT_HEX_MAX 129 /* sha512 in hex, with NUL */

typedef struct ImportError {
        int32_t error; /* negative errno */
        char text[];
} ImportError;

typedef struct ImportResult {
        char digest[IMPORT_HEX_MAX];   /* sha512 of the uncompressed archive; "" for verify */
        char checksum[IMPORT_HEX_MAX]; /* of the rootfs; "" for export */
        uint64_t blob_bytes, archive_bytes, tree_bytes, entries;
} ImportResult;

typedef struct ImportMessage {
        ImportMessageType type;
        char *data; /* NUL-terminated */
        size_t size;
} ImportMessage;

void import_message_done(ImportMessage *m);
int import_message_send(int fd, ImportMessageType type, const void *data, size_t size);
/* -EPIPE: the helper is gone; -EBADMSG: nonsense. */
int import_message_receive(int fd, ImportMessage *ret);
