/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "image/ref.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(image_ref_done) ImageRef r = {};
        _cleanup_diag_ Diag diag = {};
        _cleanup_free_ char *s = strndup((const char *) data, size);

        if (!s)
                return 0;
        if (image_ref_parse(s, &r, &diag) < 0) {
                assert(diag_is_set(&diag));
                return 0;
        }
        assert(streq(r.text, s));
        assert(r.kind == IMAGE_REF_NAME ? ac_identifier_is_valid(r.name) : !!r.location);
        assert(r.kind != IMAGE_REF_PATH || r.location[0] == '/');
        assert(r.kind != IMAGE_REF_ID || image_id_is_prefix(r.location));
        return 0;
}
