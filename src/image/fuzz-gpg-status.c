/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "image/gpg-colons.h"
#include "image/gpg-status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(gpg_key_listing_done) GpgKeyListing l = {};
        _cleanup_(gpg_verdict_done) GpgVerdict v = {};
        _cleanup_free_ char *text = strndup((const char *) data, size);
        _cleanup_diag_ Diag diag = {};

        if (!text)
                return 0;
        if (gpg_status_parse((const char *) data, size, &v, &diag) >= 0) {
                assert(strlen(v.fingerprint) == 40 && strlen(v.primary) == 40 && v.signer);
                /* Nothing that was accepted says one of these. */
                assert(strstr(text, "[GNUPG:] GOODSIG") && strstr(text, "[GNUPG:] VALIDSIG"));
                assert(!strstr(text, "\n[GNUPG:] BADSIG "));
        } else
                assert(diag_is_set(&diag));
        if (gpg_colons_parse((const char *) data, size, &l) >= 0)
                assert(l.fingerprints && strlen(l.fingerprints[0]) == 40);
        return 0;
}
