/* SPDX-License-Identifier: Apache-2.0 */

#include <stdint.h>

#include "basic/ini.h"
#include "basic/strv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What every event must be, whatever the text was; the values go on through the splitter of words. */
static int check_event(const IniEvent *e, void *userdata, _unused_ Diag *diag) {
        unsigned *last_section_id = userdata;
        _cleanup_strv_free_ char **words = NULL;
        _cleanup_diag_ Diag d = {};

        assert(e->line > 0);
        assert(!isempty(e->section));
        assert(e->section_id == *last_section_id + !e->key);
        *last_section_id = e->section_id;
        if (!e->key)
                return 0;

        assert(!isempty(e->key) && e->value);
        assert(utf8_is_valid(e->key, strlen(e->key)) && utf8_is_valid(e->value, strlen(e->value)));
        int r = ini_split_words(e->value, &words, &d);
        assert(r == 0 || r == -EINVAL);
        assert((r < 0) == diag_is_set(&d) && (r >= 0 || (!words && d.message)));
        return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        unsigned last_section_id = 0;
        _cleanup_diag_ Diag diag = {};

        int r = ini_parse("fuzz", (const char *) data, size, check_event, &last_section_id, &diag);
        assert(r == 0 || r == -EBADMSG || r == -EFBIG);
        assert((r < 0) == diag_is_set(&diag) && (r >= 0 || (diag.file && diag.message)));
        return 0;
}
