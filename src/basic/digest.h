/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "basic/cleanup.h"

/* SHA-2 message digests, by OpenSSL's libcrypto (the only user of it). */

typedef enum DigestKind {
        DIGEST_SHA256,
        DIGEST_SHA512,
} DigestKind;

#define DIGEST_MAX_BYTES 64
#define DIGEST_HEX_MAX (2 * DIGEST_MAX_BYTES + 1)

typedef struct Digest Digest;

int digest_new(DigestKind kind, Digest **ret);
Digest *digest_free(Digest *d);
DEFINE_POINTER_CLEANUP(Digest *, digest_free)
int digest_update(Digest *d, const void *data, size_t n);
/* The digest and its size; the object then begins anew. */
int digest_final(Digest *d, uint8_t ret[DIGEST_MAX_BYTES], size_t *ret_size);
/* Lower-case hex, NUL-terminated; the object can only be freed after. */
int digest_final_hex(Digest *d, char ret[DIGEST_HEX_MAX]);
