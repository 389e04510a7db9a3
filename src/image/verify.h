/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* Detached OpenPGP signatures, by gpgv(1) with exactly the given keys. Accepted: GOODSIG and VALIDSIG of
 * one signature over exactly the data, by an unexpired, unrevoked key, with a strong digest; nothing BAD
 * beside it. */

/* signature_fd, data_fd: regular or memory files, read from the start; keyring_fd: keystore_keyring_for().
 * ret_signer: "NAME <address>", escaped, the caller's. -EKEYREJECTED with diag; -ENOKEY with diag: by none
 * of the keys. */
int signature_verify(int keyring_fd, int signature_fd, int data_fd, char **ret_signer, Diag *diag);
