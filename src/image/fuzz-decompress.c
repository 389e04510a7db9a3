/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

#include "image/decompress.h"

/* Decompresses twice, once in one piece and once in many: neither the pieces of the input nor the room for
 * the output may make a difference. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUTPUT_MAX (1U << 20)

typedef struct Run {
        StringBuf out;
        int error;
} Run;

static int put(Run *run, Decompressor *d, const uint8_t *data, size_t size, size_t room) {
        DecompressBuffers b = { .in = data, .n_in = size };
        uint8_t out[4096];
        size_t n;
        int r;

        do {
                b.out = out;
                b.n_out = room;
                r = decompressor_step(d, &b, NULL);
                if (r < 0)
                        return r;

                n = room - b.n_out;
                assert(string_buf_append_n(&run->out, out, n) >= 0);
                if (run->out.size > OUTPUT_MAX)
                        return -EFBIG;
        } while (b.n_in > 0 || b.n_out == 0);

        return 0;
}

static void run(const uint8_t *data, size_t size, size_t piece, size_t room, Run *ret) {
        _cleanup_(decompressor_freep) Decompressor *d = NULL;
        int r;

        assert(decompressor_new(data, size, &d) >= 0);
        for (r = 0; size > 0 && r >= 0;) {
                size_t n = MIN(size, piece);

                r = put(ret, d, data, n, room);
                data += n;
                size -= n;
        }

        ret->error = r < 0 ? r : decompressor_finish(d, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Run whole = {}, pieces = {};

        if (size < 2)
                return 0;

        run(data + 2, size - 2, size, 4096, &whole);
        run(data + 2, size - 2, 1U + data[0], 1U + data[1], &pieces);

        assert(whole.error == pieces.error);
        if (whole.error == 0) {
                assert(whole.out.size == pieces.out.size);
                assert(whole.out.size == 0 || memcmp(whole.out.data, pieces.out.data, whole.out.size) == 0);
        }

        string_buf_done(&whole.out);
        string_buf_done(&pieces.out);
        return 0;
}
