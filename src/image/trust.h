/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/fetch.h"
#include "image/keystore.h"

/* "rkt trust": a public key is read, shown, agreed to and stored. */

typedef struct TrustArgs {
        const FetchArgs *fetch;     /* paths, insecure options, trust_keys_from_https */
        const char *prefix;         /* NULL: root (--root) */
        bool allow_http;            /* --insecure-allow-http */
        bool skip_review;           /* --skip-fingerprint-review */
        /* One line (or several) for stdout, without final newline. */
        void (*print)(const char *text, void *userdata);
        /* Asks the user a question and returns the answer's line without newline (the caller's); -ENOTTY:
         * there is nobody to ask; -ENODATA: end of input. */
        int (*ask)(const char *question, char **ret_answer, void *userdata);
        void *userdata;
} TrustArgs;

/* location: a file, or an https URL. NULL or "": -EOPNOTSUPP, key discovery is not in this version. 1:
 * stored, 0: the user said no. */
int trust_add_key(const TrustArgs *a, const char *location, Diag *diag);

/* "8B86 DE38 890D DB72 9186  7B02 5210 BD88 8818 2190"; NULL: out of memory. */
char *fingerprint_format(const char *fingerprint);
