/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "stage1/enter-notes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(enter_notes_done) EnterNotes n = {};
        int r;

        r = enter_notes_parse((const char *) data, size, &n);
        assert(r == 0 || r == -EBADMSG || r == -ENOMEM);
        if (r < 0)
                return 0;
        assert(n.uid != (uid_t) -1 && n.gid != (gid_t) -1 && n.working_directory[0] == '/');
        STRV_FOREACH(e, n.environment)
                assert(strchr(*e, '='));
        return 0;
}
