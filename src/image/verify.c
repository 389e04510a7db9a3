/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/fd-util.h"
#include "image/gpg-status.h"
#include "image/gpg.h"
#include "image/openpgp.h"
#include "image/verify.h"

/* The signature is taken out of its armor here and refused unless it is signature packets alone; gpgv gets
 * it, the keyring and the data as open files, through the helper rkt-gpg, which takes its privileges away
 * first. gpgv's words come on a pipe of their own, where nothing that it quotes can pose as its own words.
 * Then the key that made the signature is looked up again in the keyring, for what gpgv does not judge:
 * the key's length. */

#define SIGNATURE_MAX (256U * 1024)
#define KEYRING_MAX (64U * 1024 * 1024)
#define KEY_BITS_MIN 2048

static int read_from_start(int fd, size_t max, StringBuf *ret) {
        _cleanup_free_ char *data = NULL;
        size_t size;
        int e;

        if (lseek(fd, 0, SEEK_SET) < 0)
                return -errno;
        e = fd_read_all(fd, max, &data, &size);
        return e < 0 ? e : string_buf_append_n(ret, data, size);
}

/* A memory file with the binary signature. */
static int prepare_signature(int fd, int *ret_fd, Diag *diag) {
        _cleanup_(string_buf_done) StringBuf raw = {}, binary = {};
        int e, memory;

        e = read_from_start(fd, SIGNATURE_MAX, &raw);
        if (e < 0)
                return diag_errno(diag, e, "failed to read the signature");
        e = openpgp_dearmor("signature", raw.data, raw.size, OPENPGP_ARMOR_SIGNATURE, &binary, diag);
        if (e >= 0)
                e = openpgp_check_signature("signature", binary.data, binary.size, diag);
        if (e < 0)
                return e == -EBADMSG ? -EKEYREJECTED : e;
        memory = memfd_new_sealed("rkt-signature", binary.data, binary.size);
        if (memory < 0)
                return diag_errno(diag, memory, "failed to make a memory file");
        *ret_fd = memory;
        return 0;
}

/* Whether the key with this fingerprint is strong enough. -EKEYREJECTED: not, or not in the keyring. */
static int check_key(int keyring_fd, const GpgVerdict *v, Diag *diag) {
        _cleanup_(string_buf_done) StringBuf keyring = {};
        char fpr[OPENPGP_FINGERPRINT_HEX + 1], primary[OPENPGP_FINGERPRINT_HEX + 1] = "";
        OpenpgpReader r;
        OpenpgpPacket p;
        int e;

        e = read_from_start(keyring_fd, KEYRING_MAX, &keyring);
        if (e < 0)
                return diag_errno(diag, e, "failed to read the keyring");
        r = (OpenpgpReader) { .data = (const uint8_t *) keyring.data, .size = keyring.size };
        while (openpgp_next(&r, &p) > 0) {
                if (p.tag != OPENPGP_PUBLIC_KEY && p.tag != OPENPGP_PUBLIC_SUBKEY)
                        continue;
                if (openpgp_fingerprint(&p, fpr) < 0)
                        continue;
                if (p.tag == OPENPGP_PUBLIC_KEY)
                        memcpy(primary, fpr, sizeof(primary));
                if (!streq(fpr, v->fingerprint) || !streq(primary, v->primary))
                        continue;
                e = openpgp_key_bits(&p);
                if (e < 0 || (e > 0 && e < KEY_BITS_MIN))
                        return diag_set(diag, -EKEYREJECTED,
                                        "openpgp: the signing key is too short (%i bits, %i at "
                                        "least)",
                                        MAX(e, 0), KEY_BITS_MIN);
                return 0;
        }
        return diag_set(diag, -ENOKEY, "openpgp: signature made by unknown entity");
}

int signature_verify(int keyring_fd, int signature_fd, int data_fd, char **ret_signer, Diag *diag) {
        _cleanup_(gpg_verdict_done) GpgVerdict verdict = {};
        _cleanup_(string_buf_done) StringBuf status = {};
        _cleanup_close_ int binary_fd = -EBADF;
        int e;

        e = prepare_signature(signature_fd, &binary_fd, diag);
        if (e >= 0)
                e = gpg_verify(keyring_fd, binary_fd, data_fd, &status, diag);
        if (e >= 0)
                e = gpg_status_parse(strempty(status.data), status.size, &verdict, diag);
        if (e >= 0)
                e = check_key(keyring_fd, &verdict, diag);
        if (e < 0)
                return e;
        if (ret_signer)
                *ret_signer = TAKE_PTR(verdict.signer);
        return 0;
}
