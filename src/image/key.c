/* SPDX-License-Identifier: Apache-2.0 */
#include "image/gpg-colons.h"
#include "image/gpg.h"
#include "image/keystore.h"
#include "image/openpgp.h"

/* What a key file is, is told twice: by our own look at its packets (one primary key, its fingerprint) and
 * by gpg, which knows what the packets mean (which user ids the key's owner has signed, whether it is
 * revoked or expired). The two must agree. */

void key_info_done(KeyInfo *k) {
        free(k->fingerprint);
        strv_free(k->subkey_fingerprints);
        strv_free(k->user_ids);
        *k = (KeyInfo) {};
}

static int check_usable(const char *file, const GpgKeyListing *l, Diag *diag) {
        _cleanup_free_ char *escaped = string_escape(file);

        if (l->revoked)
                return diag_set(diag, -EKEYREVOKED, "the key in \"%s\" is revoked", strempty(escaped));
        if (l->expired)
                return diag_set(diag, -EKEYEXPIRED, "the key in \"%s\" is expired", strempty(escaped));
        if (!l->user_ids)
                return diag_set(diag, -EBADMSG, "the key in \"%s\" has no user id that it signed",
                                strempty(escaped));
        return 0;
}

static int take_listing(GpgKeyListing *l, KeyInfo *k) {
        k->fingerprint = strdup(l->fingerprints[0]);
        k->subkey_fingerprints = strv_copy(l->fingerprints + 1);
        if (!k->fingerprint || (l->fingerprints[1] && !k->subkey_fingerprints))
                return -ENOMEM;
        k->user_ids = TAKE_PTR(l->user_ids);
        return 0;
}

int key_read(const char *file, const void *data, size_t size, KeyInfo *ret, Diag *diag) {
        _cleanup_(string_buf_done) StringBuf binary = {}, key = {}, colons = {};
        _cleanup_(gpg_key_listing_done) GpgKeyListing listing = {};
        _cleanup_(key_info_done) KeyInfo info = {};
        char fpr[OPENPGP_FINGERPRINT_HEX + 1];
        int e;

        e = openpgp_dearmor(file, data, size, OPENPGP_ARMOR_KEY, &binary, diag);
        if (e >= 0)
                e = openpgp_read_key(file, binary.data, binary.size, fpr, &key, diag);
        if (e >= 0)
                e = gpg_show_keys(key.data, key.size, &colons, diag);
        if (e < 0)
                return e;
        e = gpg_colons_parse(strempty(colons.data), colons.size, &listing);
        if (e == -ENOMEM)
                return e;
        if (e < 0 || !streq(listing.fingerprints[0], fpr)) {
                _cleanup_free_ char *escaped = string_escape(file);
                return diag_set(diag, -EBADMSG, "\"%s\" is not a public key that GnuPG accepts",
                                strempty(escaped));
        }
        e = check_usable(file, &listing, diag);
        if (e >= 0)
                e = take_listing(&listing, &info);
        if (e < 0)
                return e;
        *ret = info;
        info = (KeyInfo) {};
        return 0;
}
