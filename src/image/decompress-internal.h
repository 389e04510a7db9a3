/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/decompress.h"

/* One compression. step() is called with input, or with none to drain what is left; it returns 1 when a
 * member has ended (the buffers say where), 0 when it wants more input or room, -EBADMSG with diag
 * otherwise. After 1 the next step() begins a new member. */
typedef struct DecompressOps {
        const char *name;
        uint8_t magic[DECOMPRESS_MAGIC_MAX];
        size_t n_magic;
        int (*begin)(void **ret);
        int (*step)(void *state, DecompressBuffers *b, Diag *diag);
        void (*end)(void *state);
} DecompressOps;

extern const DecompressOps decompress_gzip, decompress_bzip2, decompress_xz, decompress_zstd;
