/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"
#include "basic/strv.h"

/* --insecure-options=…: each bit turns off one check, and nothing else does. */

typedef enum InsecureFlags {
        INSECURE_NONE = 0,
        INSECURE_HTTP = 1 << 0,
        INSECURE_IMAGE = 1 << 1,
        INSECURE_TLS = 1 << 2,
        INSECURE_ONDISK = 1 << 3, /* taken for the sake of older command lines */
        INSECURE_PUBKEY = 1 << 4,
        INSECURE_CAPABILITIES = 1 << 5,
        INSECURE_PATHS = 1 << 6,
        INSECURE_SECCOMP = 1 << 7,
        INSECURE_ALL_FETCH = INSECURE_IMAGE | INSECURE_TLS | INSECURE_HTTP,
        INSECURE_ALL_RUN = INSECURE_CAPABILITIES | INSECURE_PATHS | INSECURE_SECCOMP,
        INSECURE_ALL = INSECURE_ALL_FETCH | INSECURE_ALL_RUN | INSECURE_PUBKEY | INSECURE_ONDISK,
} InsecureFlags;

/* Names as in rkt(1), already split; -EINVAL with the unknown name and the known ones in diag. */
int insecure_flags_parse(char *const *names, InsecureFlags *ret, Diag *diag);
/* "none", "image,tls", "all": comma-separated, the caller's. */
char *insecure_flags_to_string(InsecureFlags f);
