/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "basic/strv.h"
#include "stage1/accounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first line of the input is the name that is looked for, the rest the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = strndup((const char *) data, size);
        char *file;

        if (!text)
                return 0;
        file = strchr(text, '\n');
        if (!file)
                return 0;
        *file++ = 0;

        for (size_t n_fields = 4; n_fields <= 7; n_fields += 3)
                for (size_t by_id = 0; by_id < 2; by_id++) {
                        _cleanup_strv_free_ char **fields = NULL;

                        assert(account_line_find(file, n_fields, by_id ? NULL : text, 1000, &fields) == 0);
                        assert(!fields || strv_length(fields) == n_fields);
                        assert(!fields || by_id || streq(fields[0], text));
                }
        return 0;
}
