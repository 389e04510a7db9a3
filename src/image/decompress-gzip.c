/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "image/decompress-internal.h"

/* gzip (RFC 1952) is what nearly all images come in, and inflating is the slowest part of an import. ISA-L
 * does it in half of zlib's time; zlib is for builds without it. Both check the CRC and length at the end
 * of a member. */

#define GZIP_MAGIC { 0x1f, 0x8b }
#define GZIP_MAGIC_SIZE 2U

#if HAVE_ISAL

#include <isa-l/igzip_lib.h>

static void gzip_reset(struct inflate_state *z) {
        isal_inflate_init(z);
        z->crc_flag = ISAL_GZIP;
}

static int gzip_begin(void **ret) {
        struct inflate_state *z = malloc(sizeof(struct inflate_state));

        if (!z)
                return -ENOMEM;

        gzip_reset(z);
        *ret = z;
        return 0;
}

static int gzip_step(void *state, DecompressBuffers *b, Diag *diag) {
        struct inflate_state *z = state;
        uint32_t n_in = (uint32_t) MIN(b->n_in, (size_t) UINT_MAX);
        uint32_t n_out = (uint32_t) MIN(b->n_out, (size_t) UINT_MAX);
        int r;

        if (z->block_state == ISAL_BLOCK_FINISH)
                gzip_reset(z);

        z->next_in = (uint8_t *) b->in;
        z->avail_in = n_in;
        z->next_out = b->out;
        z->avail_out = n_out;

        r = isal_inflate(z);
        if (r < 0)
                return diag_set(diag, -EBADMSG, "the gzip stream is damaged (ISA-L error %d)", r);

        b->in += n_in - z->avail_in;
        b->n_in -= n_in - z->avail_in;
        b->out += n_out - z->avail_out;
        b->n_out -= n_out - z->avail_out;
        return z->block_state == ISAL_BLOCK_FINISH;
}

static void gzip_end(void *state) {
        free(state);
}

#else

#include <zlib.h>

#define WINDOW_BITS_GZIP (15 + 16)

static int gzip_begin(void **ret) {
        z_stream *z = calloc(1, sizeof(z_stream));

        if (!z)
                return -ENOMEM;

        if (inflateInit2(z, WINDOW_BITS_GZIP) != Z_OK) {
                free(z);
                return -ENOMEM;
        }

        *ret = z;
        return 0;
}

static int gzip_step(void *state, DecompressBuffers *b, Diag *diag) {
        uInt n_in = (uInt) MIN(b->n_in, (size_t) UINT_MAX);
        uInt n_out = (uInt) MIN(b->n_out, (size_t) UINT_MAX);
        z_stream *z = state;
        int r;

        z->next_in = (Bytef *) b->in;
        z->avail_in = n_in;
        z->next_out = b->out;
        z->avail_out = n_out;

        r = inflate(z, Z_NO_FLUSH);
        if (r == Z_MEM_ERROR)
                return -ENOMEM;
        if (r != Z_OK && r != Z_BUF_ERROR && r != Z_STREAM_END)
                return diag_set(diag, -EBADMSG, "the gzip stream is damaged (%s)", z->msg ?: "unknown error");

        b->in += n_in - z->avail_in;
        b->n_in -= n_in - z->avail_in;
        b->out += n_out - z->avail_out;
        b->n_out -= n_out - z->avail_out;
        if (r != Z_STREAM_END)
                return 0;

        return inflateReset(z) == Z_OK ? 1 : -ENOMEM;
}

static void gzip_end(void *state) {
        (void) inflateEnd(state);
        free(state);
}

#endif

const DecompressOps decompress_gzip = {
        .name = "gzip",
        .magic = GZIP_MAGIC,
        .n_magic = GZIP_MAGIC_SIZE,
        .begin = gzip_begin,
        .step = gzip_step,
        .end = gzip_end,
};
