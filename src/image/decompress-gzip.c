/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "image/decompress-internal.h"

/* gzip (RFC 1952) is what nearly all images come in, and inflating is the slowest part of an import. ISA-L
 * does it in half of zlib's time; zlib is for builds without it. Both check the CRC and length at the end
 * of a member. */

#define GZIP_MAGIC { 0x1f, 0x8b }
#define GZIP_MAGIC_SIZE 2U

#if HAVE_ISAL

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

/* ISA-L's own reader of the member's header looks at its CRC only if all of it arrives at once, so the
 * header is read here, byte by byte. */

enum {
        FLAG_HCRC = 1 << 1,
        FLAG_EXTRA = 1 << 2,
        FLAG_NAME = 1 << 3,
        FLAG_COMMENT = 1 << 4,
        FLAGS_RESERVED = 0xe0,
};

typedef enum GzipPart {
        PART_FIXED,
        PART_EXTRA_SIZE,
        PART_EXTRA,
        PART_NAME,
        PART_COMMENT,
        PART_HCRC,
        PART_DATA,
} GzipPart;

typedef struct Gzip {
        struct inflate_state inflate;
        GzipPart part;
        size_t n;        /* bytes of this part so far */
        unsigned value;  /* what the bytes of this part give, little endian */
        size_t extra_size;
        uint8_t flags;
        uint32_t crc;    /* of the header so far */
} Gzip;

static void gzip_reset(Gzip *g) {
        g->part = PART_FIXED;
        g->n = 0;
        g->value = 0;
        g->crc = 0;
        isal_inflate_init(&g->inflate);
        g->inflate.crc_flag = ISAL_GZIP_NO_HDR_VER;
}

static int gzip_begin(void **ret) {
        Gzip *g = malloc(sizeof(Gzip));

        if (!g)
                return -ENOMEM;

        gzip_reset(g);
        *ret = g;
        return 0;
}

/* ID1 ID2 CM FLG MTIME XFL OS */
static int header_fixed(Gzip *g, uint8_t byte) {
        static const uint8_t begin[] = { 0x1f, 0x8b, 8 };

        if (g->n <= ELEMENTSOF(begin))
                return byte == begin[g->n - 1] ? 0 : -EBADMSG;
        if (g->n == 4) {
                g->flags = byte;
                return byte & FLAGS_RESERVED ? -EBADMSG : 0;
        }

        return g->n == 10;
}

/* 1: the part ends with this byte, 0: it goes on, -EBADMSG. */
static int header_byte(Gzip *g, uint8_t byte) {
        switch (g->part) {
        case PART_FIXED:
                return header_fixed(g, byte);
        case PART_EXTRA_SIZE:
                g->extra_size = g->value;
                return g->n == 2;
        case PART_EXTRA:
                return g->n == g->extra_size;
        case PART_NAME:
        case PART_COMMENT:
                return byte == 0;
        case PART_HCRC:
                if (g->n < 2)
                        return 0;
                return g->value == (g->crc & 0xffff) ? 1 : -EBADMSG;
        default:
                return 1;
        }
}

static bool has_part(const Gzip *g, GzipPart part) {
        switch (part) {
        case PART_EXTRA_SIZE:
                return g->flags & FLAG_EXTRA;
        case PART_EXTRA:
                return (g->flags & FLAG_EXTRA) && g->extra_size > 0;
        case PART_NAME:
                return g->flags & FLAG_NAME;
        case PART_COMMENT:
                return g->flags & FLAG_COMMENT;
        case PART_HCRC:
                return g->flags & FLAG_HCRC;
        default:
                return true;
        }
}

static int read_header(Gzip *g, DecompressBuffers *b) {
        while (g->part != PART_DATA && b->n_in > 0) {
                uint8_t byte = *b->in++;
                int r;

                b->n_in--;
                if (g->n < 2)
                        g->value |= (unsigned) byte << 8 * g->n;
                g->n++;

                r = header_byte(g, byte);
                if (r < 0)
                        return r;

                if (g->part != PART_HCRC)
                        g->crc = crc32_gzip_refl(g->crc, &byte, 1);
                if (r == 0)
                        continue;

                do
                        g->part++;
                while (!has_part(g, g->part));
                g->n = 0;
                g->value = 0;
        }

        return g->part == PART_DATA;
}

static int gzip_step(void *state, DecompressBuffers *b, Diag *diag) {
        Gzip *g = state;
        struct inflate_state *z = &g->inflate;
        uint32_t n_in, n_out;
        int r;

        if (z->block_state == ISAL_BLOCK_FINISH)
                gzip_reset(g);

        r = read_header(g, b);
        if (r < 0)
                return diag_set(diag, -EBADMSG, "the gzip stream is damaged (bad header)");
        if (r == 0)
                return 0;

        n_in = (uint32_t) MIN(b->n_in, (size_t) UINT_MAX);
        n_out = (uint32_t) MIN(b->n_out, (size_t) UINT_MAX);
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
