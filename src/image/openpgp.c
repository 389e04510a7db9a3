/* SPDX-License-Identifier: Apache-2.0 */
#include "image/openpgp.h"
#include "image/sha1.h"

/* A packet is one header byte (RFC 4880, 4.2), its length, its body. What is stored and handed to gpgv is
 * always binary: GnuPG's own armor reader, a source of past holes, never sees foreign bytes. Of the
 * lengths only the definite ones are taken; partial and indeterminate ones are for literal data, which has
 * no place in keys and signatures. */

#define OPENPGP_SIGNATURES_MAX 64U

typedef enum KeyAlgorithm {
        KEY_RSA = 1,
        KEY_RSA_ENCRYPT = 2,
        KEY_RSA_SIGN = 3,
        KEY_ELGAMAL = 16,
        KEY_DSA = 17,
} KeyAlgorithm;

static int new_length(const uint8_t *p, size_t left, size_t *ret_header, size_t *ret_length) {
        if (left < 1)
                return -EBADMSG;
        if (p[0] < 192) {
                *ret_header = 1;
                *ret_length = p[0];
                return 0;
        }
        if (p[0] < 224) {
                if (left < 2)
                        return -EBADMSG;
                *ret_header = 2;
                *ret_length = (size_t) (p[0] - 192) * 256 + p[1] + 192;
                return 0;
        }
        if (p[0] != 255 || left < 5)
                return -EBADMSG;
        *ret_header = 5;
        *ret_length = (size_t) p[1] << 24 | (size_t) p[2] << 16 | (size_t) p[3] << 8 | p[4];
        return 0;
}

static int old_length(unsigned type, const uint8_t *p, size_t left, size_t *ret_header, size_t *ret_length) {
        size_t n = 0, bytes = (size_t) 1 << type;

        if (type > 2 || left < bytes)
                return -EBADMSG;
        for (size_t i = 0; i < bytes; i++)
                n = n << 8 | p[i];
        *ret_header = bytes;
        *ret_length = n;
        return 0;
}

int openpgp_next(OpenpgpReader *r, OpenpgpPacket *ret) {
        size_t header, length;
        uint8_t first;
        int e;

        if (r->size == 0)
                return 0;
        first = r->data[0];
        if (!(first & 0x80))
                return -EBADMSG;
        if (first & 0x40)
                e = new_length(r->data + 1, r->size - 1, &header, &length);
        else
                e = old_length(first & 3, r->data + 1, r->size - 1, &header, &length);
        if (e < 0)
                return e;
        header++;
        if (length > r->size - header)
                return -EBADMSG;

        *ret = (OpenpgpPacket) {
                .tag = (OpenpgpTag) (first & 0x40 ? first & 0x3f : first >> 2 & 0xf),
                .start = r->data,
                .size = header + length,
                .body = r->data + header,
                .body_size = length,
        };
        r->data += ret->size;
        r->size -= ret->size;
        return 1;
}

int openpgp_fingerprint(const OpenpgpPacket *key, char ret[OPENPGP_FINGERPRINT_HEX + 1]) {
        uint8_t head[3], digest[SHA1_BYTES];
        Sha1 h;

        if (key->body_size < 6)
                return -EBADMSG;
        if (key->body[0] != 4)
                return -EOPNOTSUPP;
        if (key->body_size > UINT16_MAX)
                return -EBADMSG;
        head[0] = 0x99;
        head[1] = (uint8_t) (key->body_size >> 8);
        head[2] = (uint8_t) key->body_size;
        sha1_init(&h);
        sha1_update(&h, head, sizeof(head));
        sha1_update(&h, key->body, key->body_size);
        sha1_final(&h, digest);
        for (size_t i = 0; i < SHA1_BYTES; i++) {
                ret[2 * i] = "0123456789abcdef"[digest[i] >> 4];
                ret[2 * i + 1] = "0123456789abcdef"[digest[i] & 0xf];
        }
        ret[OPENPGP_FINGERPRINT_HEX] = '\0';
        return 0;
}

int openpgp_key_bits(const OpenpgpPacket *key) {
        /* version, four bytes of time, algorithm, then the modulus as a multiprecision integer */
        if (key->body_size < 8)
                return -EBADMSG;
        switch (key->body[5]) {
        case KEY_RSA:
        case KEY_RSA_ENCRYPT:
        case KEY_RSA_SIGN:
        case KEY_ELGAMAL:
        case KEY_DSA:
                return key->body[6] << 8 | key->body[7];
        default:
                return 0;
        }
}

static int key_fail(const char *file, Diag *diag, const char *why) {
        _cleanup_free_ char *escaped = string_escape(file);

        return diag_set(diag, -EBADMSG, "\"%s\" is not the public key of one signer: %s", strempty(escaped),
                        why);
}

static int check_key_packet(const char *file, const OpenpgpPacket *p, size_t n_primary, Diag *diag) {
        switch ((int) p->tag) {
        case OPENPGP_SECRET_KEY:
        case OPENPGP_SECRET_SUBKEY:
                return key_fail(file, diag, "it contains a secret key, which must never leave its owner");
        case OPENPGP_PUBLIC_KEY:
                if (n_primary > 0)
                        return key_fail(file, diag, "it contains more than one primary key");
                return 1;
        case OPENPGP_SIGNATURE:
        case OPENPGP_USER_ID:
        case OPENPGP_PUBLIC_SUBKEY:
                if (n_primary == 0)
                        return key_fail(file, diag, "it does not begin with a primary key");
                return 1;
        default:
                return 0;
        }
}

int openpgp_read_key(const char *file, const void *data, size_t size,
                     char ret_fpr[OPENPGP_FINGERPRINT_HEX + 1], StringBuf *ret, Diag *diag) {
        OpenpgpReader r = { .data = data, .size = size };
        _cleanup_(string_buf_done) StringBuf out = {};
        char fpr[OPENPGP_FINGERPRINT_HEX + 1] = "";
        size_t n_primary = 0;
        OpenpgpPacket p;
        int e;

        while ((e = openpgp_next(&r, &p)) > 0) {
                e = check_key_packet(file, &p, n_primary, diag);
                if (e < 0)
                        return e;
                if (e == 0)
                        continue;
                if (p.tag == OPENPGP_PUBLIC_KEY) {
                        if (openpgp_fingerprint(&p, fpr) < 0)
                                return key_fail(file, diag, "only version 4 keys are supported");
                        n_primary++;
                }
                e = string_buf_append_n(&out, p.start, p.size);
                if (e < 0)
                        return e;
        }
        if (e < 0)
                return key_fail(file, diag, "it is not made of whole OpenPGP packets");
        if (n_primary == 0)
                return key_fail(file, diag, "it contains no primary key");

        memcpy(ret_fpr, fpr, sizeof(fpr));
        *ret = out;
        out = (StringBuf) {};
        return 0;
}

int openpgp_check_signature(const char *file, const void *data, size_t size, Diag *diag) {
        OpenpgpReader r = { .data = data, .size = size };
        _cleanup_free_ char *escaped = NULL;
        const char *why = NULL;
        OpenpgpPacket p;
        size_t n = 0;
        int e;

        while (!why && (e = openpgp_next(&r, &p)) != 0) {
                if (e < 0)
                        why = "it is not made of whole OpenPGP packets";
                else if (p.tag != OPENPGP_SIGNATURE)
                        why = "it contains more than signatures";
                else if (++n > OPENPGP_SIGNATURES_MAX)
                        why = "it contains too many signatures";
        }
        if (!why && n == 0)
                why = "it is empty";
        if (!why)
                return 0;
        escaped = string_escape(file);
        return diag_set(diag, -EBADMSG, "\"%s\" is not a detached OpenPGP signature: %s", strempty(escaped),
                        why);
}
