/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* SHA-1, for one purpose: an OpenPGP version 4 fingerprint is the SHA-1 of the key packet, and the name of
 * a key file is its fingerprint. Nothing is trusted because of it. (libcrypto has it too, but takes longer
 * to load than gpgv takes to verify.) */

#define SHA1_BYTES 20

typedef struct Sha1 {
        uint32_t state[5];
        uint64_t size;
        uint8_t block[64];
} Sha1;

void sha1_init(Sha1 *h);
void sha1_update(Sha1 *h, const void *data, size_t size);
void sha1_final(Sha1 *h, uint8_t ret[SHA1_BYTES]);
