/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "image/decompress-internal.h"

struct Decompressor {
        const DecompressOps *ops;
        void *state;
        bool in_member; /* something of a member was read, and not yet its end */
};

static int plain_begin(void **ret) {
        *ret = NULL;
        return 0;
}

static int plain_step(void *state, DecompressBuffers *b, Diag *diag) {
        size_t n = MIN(b->n_in, b->n_out);

        memcpy(b->out, b->in, n);
        b->in += n;
        b->n_in -= n;
        b->out += n;
        b->n_out -= n;
        return 1; /* it may end anywhere */
}

static void plain_end(void *state) {
}

static const DecompressOps decompress_plain = {
        .name = "none",
        .begin = plain_begin,
        .step = plain_step,
        .end = plain_end,
};

static const DecompressOps *const all_ops[] = {
        &decompress_gzip,
        &decompress_bzip2,
        &decompress_xz,
        &decompress_zstd,
};

static const DecompressOps *ops_by_magic(const uint8_t *magic, size_t n) {
        for (size_t i = 0; i < ELEMENTSOF(all_ops); i++)
                if (n >= all_ops[i]->n_magic && memcmp(magic, all_ops[i]->magic, all_ops[i]->n_magic) == 0)
                        return all_ops[i];

        return &decompress_plain;
}

int decompressor_new(const uint8_t *magic, size_t n, Decompressor **ret) {
        _cleanup_(decompressor_freep) Decompressor *d = NULL;
        int r;

        d = calloc(1, sizeof(Decompressor));
        if (!d)
                return -ENOMEM;

        d->ops = ops_by_magic(magic, n);
        r = d->ops->begin(&d->state);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(d);
        return 0;
}

Decompressor *decompressor_free(Decompressor *d) {
        if (!d)
                return NULL;

        if (d->state)
                d->ops->end(d->state);
        free(d);
        return NULL;
}

const char *decompressor_name(const Decompressor *d) {
        return d->ops->name;
}

int decompressor_step(Decompressor *d, DecompressBuffers *b, Diag *diag) {
        int r;

        /* Between members there is nothing to drain, and no new one begins without input. */
        while (b->n_out > 0 && (b->n_in > 0 || d->in_member)) {
                size_t n_in = b->n_in, n_out = b->n_out;

                r = d->ops->step(d->state, b, diag);
                if (r < 0)
                        return r;

                d->in_member = r == 0;
                if (b->n_in == n_in && b->n_out == n_out)
                        break;
        }

        return 0;
}

int decompressor_finish(Decompressor *d, Diag *diag) {
        if (d->in_member)
                return diag_set(diag, -EBADMSG, "the %s stream is cut off", d->ops->name);

        return 0;
}
