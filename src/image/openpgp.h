/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "basic/diag.h"
#include "basic/strv.h"

/* The frame of OpenPGP data (RFC 4880): armor and packet boundaries, as much as it takes to say what kind
 * of thing a file is before GnuPG gets to see it. No cryptography: whether a signature holds is gpgv's to
 * say. */

#define OPENPGP_FINGERPRINT_HEX 40

typedef enum OpenpgpTag {
        OPENPGP_SIGNATURE = 2,
        OPENPGP_SECRET_KEY = 5,
        OPENPGP_PUBLIC_KEY = 6,
        OPENPGP_SECRET_SUBKEY = 7,
        OPENPGP_USER_ID = 13,
        OPENPGP_PUBLIC_SUBKEY = 14,
} OpenpgpTag;

typedef struct OpenpgpPacket {
        OpenpgpTag tag;
        const uint8_t *start; /* with its header */
        size_t size;
        const uint8_t *body;
        size_t body_size;
} OpenpgpPacket;

typedef struct OpenpgpReader {
        const uint8_t *data;
        size_t size;
} OpenpgpReader;

/* 1: a packet, 0: the end, -EBADMSG: not whole packets of known length. */
int openpgp_next(OpenpgpReader *r, OpenpgpPacket *ret);

/* Armored ("-----BEGIN " kind "-----", exactly one block and nothing after it) or binary data to binary.
 * ret: the caller's. -EBADMSG with diag. file: for messages. */
int openpgp_dearmor(const char *file, const void *data, size_t size, const char *kind, StringBuf *ret,
                    Diag *diag);
#define OPENPGP_ARMOR_KEY "PGP PUBLIC KEY BLOCK"
#define OPENPGP_ARMOR_SIGNATURE "PGP SIGNATURE"

/* The version 4 fingerprint of a public key or subkey packet, lower-case hex. -EOPNOTSUPP: another
 * version. */
int openpgp_fingerprint(const OpenpgpPacket *key, char ret[OPENPGP_FINGERPRINT_HEX + 1]);
/* Length in bits of the modulus of an RSA, DSA or Elgamal key; 0 for other algorithms (curves). -EBADMSG. */
int openpgp_key_bits(const OpenpgpPacket *key);

/* Binary data of one public key: its primary fingerprint, and its packets without those that nothing here
 * needs (user attributes, trust, unknown ones). -EBADMSG with diag: not exactly one primary key, a secret
 * key. */
int openpgp_read_key(const char *file, const void *data, size_t size,
                     char ret_fpr[OPENPGP_FINGERPRINT_HEX + 1], StringBuf *ret, Diag *diag);
/* Binary data of a detached signature: signature packets and nothing else. -EBADMSG with diag. */
int openpgp_check_signature(const char *file, const void *data, size_t size, Diag *diag);
