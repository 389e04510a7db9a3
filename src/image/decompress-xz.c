/* SPDX-License-Identifier: Apache-2.0 */
#include <lzma.h>

#include "image/decompress-internal.h"

/* The dictionary is the writer's choice: xz -9 needs 65 MiB, a crafted file asks for gigabytes. */
#define XZ_MEMORY_MAX (128ULL * 1024 * 1024)

static int xz_begin(void **ret) {
        lzma_stream *z = malloc(sizeof(lzma_stream));

        if (!z)
                return -ENOMEM;

        *z = (lzma_stream) LZMA_STREAM_INIT;
        if (lzma_stream_decoder(z, XZ_MEMORY_MAX, /* flags= */ 0) != LZMA_OK) {
                free(z);
                return -ENOMEM;
        }

        *ret = z;
        return 0;
}

static int xz_failed(lzma_ret r, Diag *diag) {
        switch (r) {
        case LZMA_MEM_ERROR:
                return -ENOMEM;
        case LZMA_MEMLIMIT_ERROR:
                return diag_set(diag, -EBADMSG, "the xz stream asks for more than %llu MiB of memory",
                                XZ_MEMORY_MAX / 1024 / 1024);
        case LZMA_FORMAT_ERROR:
                return diag_set(diag, -EBADMSG, "the xz stream is followed by something else");
        default:
                return diag_set(diag, -EBADMSG, "the xz stream is damaged (error %d)", (int) r);
        }
}

static int xz_step(void *state, DecompressBuffers *b, Diag *diag) {
        lzma_stream *z = state;
        lzma_ret r;

        z->next_in = b->in;
        z->avail_in = b->n_in;
        z->next_out = b->out;
        z->avail_out = b->n_out;

        r = lzma_code(z, LZMA_RUN);
        if (r != LZMA_OK && r != LZMA_BUF_ERROR && r != LZMA_STREAM_END)
                return xz_failed(r, diag);

        b->in = z->next_in;
        b->n_in = z->avail_in;
        b->out = z->next_out;
        b->n_out = z->avail_out;
        if (r != LZMA_STREAM_END)
                return 0;

        return lzma_stream_decoder(z, XZ_MEMORY_MAX, /* flags= */ 0) == LZMA_OK ? 1 : -ENOMEM;
}

static void xz_end(void *state) {
        lzma_end(state);
        free(state);
}

const DecompressOps decompress_xz = {
        .name = "xz",
        .magic = { 0xfd, '7', 'z', 'X', 'Z', 0x00 },
        .n_magic = 6,
        .begin = xz_begin,
        .step = xz_step,
        .end = xz_end,
};
