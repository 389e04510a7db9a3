/* SPDX-License-Identifier: Apache-2.0 */
#include "image/openpgp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_key(const void *data, size_t size) {
        _cleanup_(string_buf_done) StringBuf key = {}, again = {};
        char fpr[OPENPGP_FINGERPRINT_HEX + 1], same[OPENPGP_FINGERPRINT_HEX + 1];
        _cleanup_diag_ Diag diag = {};

        if (openpgp_read_key("key", data, size, fpr, &key, &diag) < 0) {
                assert(diag_is_set(&diag));
                return;
        }
        assert(strlen(fpr) == OPENPGP_FINGERPRINT_HEX && key.size <= size);
        /* What is kept of a key is a key, and the same one. */
        assert(openpgp_read_key("key", key.data, key.size, same, &again, NULL) == 0);
        assert(streq(fpr, same) && again.size == key.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char *const kinds[] = { OPENPGP_ARMOR_KEY, OPENPGP_ARMOR_SIGNATURE };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                _cleanup_(string_buf_done) StringBuf binary = {};
                _cleanup_diag_ Diag diag = {};
                OpenpgpReader r;
                OpenpgpPacket p;

                if (openpgp_dearmor("file", data, size, kinds[i], &binary, &diag) < 0) {
                        assert(diag_is_set(&diag));
                        continue;
                }
                as_key(binary.data, binary.size);
                (void) openpgp_check_signature("signature", binary.data, binary.size, NULL);
                r = (OpenpgpReader) { .data = (const uint8_t *) binary.data, .size = binary.size };
                while (openpgp_next(&r, &p) > 0)
                        (void) openpgp_key_bits(&p);
        }
        return 0;
}
