/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "basic/diag.h"

/* Exactly one compression around an archive, chosen by its first bytes; what comes out is never looked at
 * again for another one. Several members one after the other (gzip, bzip2, xz, zstd all allow that) are
 * one stream; anything else after the last is an error. */

#define DECOMPRESS_MAGIC_MAX 6U

typedef struct Decompressor Decompressor;

typedef struct DecompressBuffers {
        const uint8_t *in;
        size_t n_in;
        uint8_t *out;
        size_t n_out;
} DecompressBuffers;

/* magic: the first n bytes of the stream, at least DECOMPRESS_MAGIC_MAX unless it is shorter. */
int decompressor_new(const uint8_t *magic, size_t n, Decompressor **ret);
Decompressor *decompressor_free(Decompressor *d);
DEFINE_POINTER_CLEANUP(Decompressor *, decompressor_free)
const char *decompressor_name(const Decompressor *d); /* "gzip", …, "none" */

/* Moves as much as there is room and input for, advancing the buffers. Output is complete for the input so
 * far when it returns with room left in out. -EBADMSG with diag. */
int decompressor_step(Decompressor *d, DecompressBuffers *b, Diag *diag);
/* At the end of the input: -EBADMSG if it is cut off. */
int decompressor_finish(Decompressor *d, Diag *diag);
