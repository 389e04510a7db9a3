/* SPDX-License-Identifier: Apache-2.0 */
#include <zstd.h>

#include "image/decompress-internal.h"

/* The window is the writer's choice: 2^27 bytes is what zstd(1) itself accepts without being told. */
#define ZSTD_WINDOW_LOG_LIMIT 27

static int zstd_begin(void **ret) {
        ZSTD_DCtx *z = ZSTD_createDCtx();

        if (!z)
                return -ENOMEM;

        if (ZSTD_isError(ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_LIMIT))) {
                ZSTD_freeDCtx(z);
                return -ENOMEM;
        }

        *ret = z;
        return 0;
}

static int zstd_step(void *state, DecompressBuffers *b, Diag *diag) {
        ZSTD_inBuffer in = { .src = b->in, .size = b->n_in };
        ZSTD_outBuffer out = { .dst = b->out, .size = b->n_out };
        size_t r;

        r = ZSTD_decompressStream(state, &out, &in);
        if (ZSTD_isError(r))
                return diag_set(diag, -EBADMSG, "the zstd stream is damaged (%s)", ZSTD_getErrorName(r));

        b->in += in.pos;
        b->n_in -= in.pos;
        b->out += out.pos;
        b->n_out -= out.pos;
        return r == 0; /* a frame has ended and all of it is flushed */
}

static void zstd_end(void *state) {
        (void) ZSTD_freeDCtx(state);
}

const DecompressOps decompress_zstd = {
        .name = "zstd",
        .magic = { 0x28, 0xb5, 0x2f, 0xfd },
        .n_magic = 4,
        .begin = zstd_begin,
        .step = zstd_step,
        .end = zstd_end,
};
