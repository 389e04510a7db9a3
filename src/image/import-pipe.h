/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "basic/diag.h"
#include "basic/digest.h"

/* The pass over the bytes: source → copy as it came → decompress → { digest, consumer }. Inflating,
 * digesting and consuming each keep a processor busy for about as long as the others, hence a thread for
 * each: one after the other takes twice the time on two processors. */

typedef struct PipeSource PipeSource;

/* The next piece of the uncompressed stream, valid until the next call. 1, 0 at its end, negative errno. */
int pipe_source_read(PipeSource *s, const void **ret, size_t *ret_size);

typedef struct ImportPipe {
        int source_fd;
        int copy_fd;         /* gets the bytes as they come; -EBADF: nobody wants them */
        uint64_t max_bytes;  /* of the uncompressed stream: -EFBIG past it */
        /* In the calling thread. Must read the stream to its end, or fail. */
        int (*consume)(PipeSource *s, void *userdata, Diag *diag);
        void *userdata;
} ImportPipe;

typedef struct ImportPipeResult {
        char digest[DIGEST_HEX_MAX]; /* sha512 of the uncompressed stream */
        uint64_t in_bytes, out_bytes;
} ImportPipeResult;

/* On failure threads of it may still be running (one may wait for the source for ever): the caller must
 * end the process without freeing what they use. */
int import_pipe_run(const ImportPipe *p, ImportPipeResult *ret, Diag *diag);
