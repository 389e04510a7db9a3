/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "basic/digest.h"

/* libcrypto sets itself up at first use, which takes longer than many a whole run of ours: nothing is
 * touched before digest_new(). Its configuration file is not read: it may load modules, costs time, is out
 * of reach in a chroot, and has no say in what a SHA-512 is. */

struct Digest {
        EVP_MD_CTX *context;
};

static const EVP_MD *digest_algorithm(DigestKind kind) {
        switch (kind) {
        case DIGEST_SHA256:
                return EVP_sha256();
        case DIGEST_SHA512:
                return EVP_sha512();
        }
        return NULL;
}

Digest *digest_free(Digest *d) {
        if (!d)
                return NULL;

        EVP_MD_CTX_free(d->context);
        free(d);
        return NULL;
}

int digest_new(DigestKind kind, Digest **ret) {
        if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
                return -EIO;

        _cleanup_(digest_freep) Digest *d = calloc(1, sizeof(Digest));
        if (!d)
                return -ENOMEM;
        d->context = EVP_MD_CTX_new();
        if (!d->context)
                return -ENOMEM;
        if (EVP_DigestInit_ex2(d->context, digest_algorithm(kind), NULL) != 1)
                return -EIO;

        *ret = TAKE_PTR(d);
        return 0;
}

int digest_update(Digest *d, const void *data, size_t n) {
        return EVP_DigestUpdate(d->context, data, n) == 1 ? 0 : -EIO;
}

int digest_final(Digest *d, uint8_t ret[DIGEST_MAX_BYTES], size_t *ret_size) {
        uint8_t bytes[EVP_MAX_MD_SIZE];
        unsigned n;

        if (EVP_DigestFinal_ex(d->context, bytes, &n) != 1 || n > DIGEST_MAX_BYTES)
                return -EIO;
        /* Without algorithm: the same again, without looking it up again. */
        if (EVP_DigestInit_ex2(d->context, NULL, NULL) != 1)
                return -EIO;

        memcpy(ret, bytes, n);
        *ret_size = n;
        return 0;
}

int digest_final_hex(Digest *d, char ret[DIGEST_HEX_MAX]) {
        static const char digits[] = "0123456789abcdef";
        unsigned char bytes[EVP_MAX_MD_SIZE];
        unsigned n;

        if (EVP_DigestFinal_ex(d->context, bytes, &n) != 1 || n > DIGEST_MAX_BYTES)
                return -EIO;

        for (unsigned i = 0; i < n; i++) {
                ret[2 * i] = digits[bytes[i] >> 4];
                ret[2 * i + 1] = digits[bytes[i] & 0xf];
        }
        ret[2 * n] = '\0';
        return 0;
}
