/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"
#include "basic/strv.h"
#include "conf/paths.h"

/* Trusted public keys: LOCAL|SYSTEM/trustedkeys/{root.d,prefix.d/PREFIX}/FINGERPRINT, the file name being the
 * 40 lower-case hex digits of the one primary key in it. An empty file in the local directory masks the same
 * name in the system one. Prefixes match by whole components. */

/* Memory file with the binary keyring of every key trusted for the image name. -ENOKEY with diag: none. A key
 * file with wrong owner, mode, name or content is refused with its path. ret_fingerprints: strv, or NULL. */
int keystore_keyring_for(const Paths *p, const char *image_name, int *ret_fd, char ***ret_fingerprints,
                         Diag *diag);

typedef struct KeyInfo {
        char *fingerprint; /* 40 hex, lower case */
        char **subkey_fingerprints;
        char **user_ids;   /* escaped */
} KeyInfo;

void key_info_done(KeyInfo *k);
/* What is in a key file (armored or binary): exactly one primary key. -EBADMSG; -EKEYREVOKED;
 * -EKEYEXPIRED. */
int key_read(const char *file, const void *data, size_t size, KeyInfo *ret, Diag *diag);
/* Stores it; prefix NULL: root. ret_path: where, the caller's. Idempotent. */
int keystore_add(const Paths *p, const char *prefix, const KeyInfo *k, const void *data, size_t size,
                 char **ret_path, Diag *diag);
