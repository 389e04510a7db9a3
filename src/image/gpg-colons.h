/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"
#include "basic/strv.h"

/* gpg's machine-readable key listing (GnuPG's doc/DETAILS): records of fields separated by ":". */

typedef struct GpgKeyListing {
        char **fingerprints; /* primary key's first, then the subkeys'; lower case */
        char **user_ids;     /* valid ones, escaped */
        bool revoked, expired;
} GpgKeyListing;

void gpg_key_listing_done(GpgKeyListing *l);
/* -EBADMSG: not the listing of exactly one public key. */
int gpg_colons_parse(const char *text, size_t size, GpgKeyListing *ret);
