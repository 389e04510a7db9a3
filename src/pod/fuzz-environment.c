/* SPDX-License-Identifier: Apache-2.0 */

#include "pod/spec-internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_strv_free_ char **env = NULL;
        _cleanup_diag_ Diag diag = {};
        _cleanup_free_ char *text = malloc(size + 1);

        if (!text)
                return 0;
        memcpy(text, data, size);
        text[size] = 0;

        int r = environment_parse("fuzz", text, size, &env, &diag);
        assert(r >= 0 || diag_is_set(&diag));
        STRV_FOREACH(e, env) {
                const char *equals = strchr(*e, '=');

                assert(equals && equals > *e);
                assert(utf8_is_valid(*e, strlen(*e)));
        }
        return 0;
}
