/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* GnuPG, run through the helper rkt-gpg. Its exit code says little; callers judge by the output. */

/* What gpgv says on its status descriptor of a detached signature. All fds are files read from their
 * start. */
int gpg_verify(int keyring_fd, int signature_fd, int data_fd, StringBuf *ret, Diag *diag);
/* gpg's colon records of a key. */
int gpg_show_keys(const void *key, size_t size, StringBuf *ret, Diag *diag);
