/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "image/sha1.h"

/* FIPS 180-4, 6.1. Only for OpenPGP v4 fingerprints (RFC 4880, 12.2), which are names: that they are not
 * forged is gpgv's concern. Written here because loading libcrypto would triple the time that any rkt verb
 * takes to start, and a helper process for it would cost a fetch more than the hash does. */

static uint32_t rotate(uint32_t x, unsigned n) {
        return x << n | x >> (32 - n);
}

static uint32_t round_function(unsigned t, const uint32_t v[5]) {
        if (t < 20)
                return ((v[1] & v[2]) | (~v[1] & v[3])) + 0x5a827999;
        if (t < 40)
                return (v[1] ^ v[2] ^ v[3]) + 0x6ed9eba1;
        if (t < 60)
                return ((v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3])) + 0x8f1bbcdc;
        return (v[1] ^ v[2] ^ v[3]) + 0xca62c1d6;
}

static void sha1_block(Sha1 *h) {
        uint32_t w[80], v[5];

        for (unsigned t = 0; t < 16; t++)
                w[t] = (uint32_t) h->block[4 * t] << 24 | (uint32_t) h->block[4 * t + 1] << 16 |
                       (uint32_t) h->block[4 * t + 2] << 8 | h->block[4 * t + 3];
        for (unsigned t = 16; t < 80; t++)
                w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
        memcpy(v, h->state, sizeof(v));
        for (unsigned t = 0; t < 80; t++) {
                uint32_t x = rotate(v[0], 5) + round_function(t, v) + v[4] + w[t];
                v[4] = v[3];
                v[3] = v[2];
                v[2] = rotate(v[1], 30);
                v[1] = v[0];
                v[0] = x;
        }
        for (unsigned i = 0; i < 5; i++)
                h->state[i] += v[i];
}

void sha1_init(Sha1 *h) {
        *h = (Sha1) { .state = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 } };
}

void sha1_update(Sha1 *h, const void *data, size_t size) {
        const uint8_t *p = data;

        for (size_t i = 0; i < size; i++) {
                h->block[h->size++ % 64] = p[i];
                if (h->size % 64 == 0)
                        sha1_block(h);
        }
}

void sha1_final(Sha1 *h, uint8_t ret[SHA1_BYTES]) {
        uint64_t bits = h->size * 8;

        sha1_update(h, &(const uint8_t) { 0x80 }, 1);
        while (h->size % 64 != 56)
                sha1_update(h, &(const uint8_t) { 0 }, 1);
        for (int shift = 56; shift >= 0; shift -= 8)
                sha1_update(h, &(const uint8_t) { (uint8_t) (bits >> shift) }, 1);
        for (unsigned i = 0; i < SHA1_BYTES; i++)
                ret[i] = (uint8_t) (h->state[i / 4] >> (24 - i % 4 * 8));
}
