/* SPDX-License-Identifier: Apache-2.0 */
#include <bzlib.h>
#include <limits.h>

#include "image/decompress-internal.h"

typedef struct Bzip2 {
        bz_stream stream;
        bool open;
} Bzip2;

static int bzip2_begin(void **ret) {
        Bzip2 *z = calloc(1, sizeof(Bzip2));

        if (!z)
                return -ENOMEM;

        *ret = z;
        return 0;
}

static void bzip2_close(Bzip2 *z) {
        if (z->open)
                (void) BZ2_bzDecompressEnd(&z->stream);
        z->open = false;
}

static int bzip2_step(void *state, DecompressBuffers *b, Diag *diag) {
        unsigned n_in = (unsigned) MIN(b->n_in, (size_t) UINT_MAX);
        unsigned n_out = (unsigned) MIN(b->n_out, (size_t) UINT_MAX);
        Bzip2 *z = state;
        int r;

        if (!z->open) {
                z->stream = (bz_stream) {};
                if (BZ2_bzDecompressInit(&z->stream, /* verbosity= */ 0, /* small= */ 0) != BZ_OK)
                        return -ENOMEM;
                z->open = true;
        }

        z->stream.next_in = (char *) b->in;
        z->stream.avail_in = n_in;
        z->stream.next_out = (char *) b->out;
        z->stream.avail_out = n_out;

        r = BZ2_bzDecompress(&z->stream);
        if (r == BZ_MEM_ERROR)
                return -ENOMEM;
        if (r != BZ_OK && r != BZ_STREAM_END)
                return diag_set(diag, -EBADMSG, "the bzip2 stream is damaged (error %d)", r);

        b->in += n_in - z->stream.avail_in;
        b->n_in -= n_in - z->stream.avail_in;
        b->out += n_out - z->stream.avail_out;
        b->n_out -= n_out - z->stream.avail_out;
        if (r != BZ_STREAM_END)
                return 0;

        bzip2_close(z);
        return 1;
}

static void bzip2_end(void *state) {
        bzip2_close(state);
        free(state);
}

const DecompressOps decompress_bzip2 = {
        .name = "bzip2",
        .magic = "BZh",
        .n_magic = 3,
        .begin = bzip2_begin,
        .step = bzip2_step,
        .end = bzip2_end,
};
