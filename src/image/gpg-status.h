/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* What gpgv said on its status descriptor (GnuPG's doc/DETAILS): "[GNUPG:] KEYWORD ARGUMENTS" lines. Only
 * words of fixed place and alphabet are looked at; user ids stand at the end of their line and are only
 * ever shown. */

typedef struct GpgVerdict {
        char fingerprint[41]; /* of the (sub)key that signed, lower case */
        char primary[41];     /* of its primary key */
        char *signer;         /* user id, escaped */
} GpgVerdict;

void gpg_verdict_done(GpgVerdict *v);
/* 0: there is a good, valid signature with a strong digest, and no bad, expired or revoked one beside it.
 * -EKEYREJECTED with diag: there is not, and why; -ENOKEY: it is by a key that is not in the keyring.
 * -EBADMSG: this is not what gpgv says. */
int gpg_status_parse(const char *text, size_t size, GpgVerdict *ret, Diag *diag);
