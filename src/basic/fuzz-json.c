/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/json-scan.h"
#include "basic/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *rewrite(const char *raw, bool pretty) {
        JsonWriter *w;
        char *text;

        int r = json_writer_new(pretty, &w);
        assert(r >= 0);
        json_write_array_begin(w, NULL);
        json_write_raw(w, NULL, raw);
        json_write_array_end(w);
        r = json_writer_take(w, &text);
        assert(r >= 0);
        json_writer_free(w);
        return text;
}

/* Text that was parsed is written as text that says the same, in either style. */
static void check_round_trip(const JsonDoc *d) {
        _cleanup_free_ char *text = json_to_text(json_doc_root(d));
        assert(text);

        for (unsigned pretty = 0; pretty <= 1; pretty++) {
                _cleanup_free_ char *written = rewrite(text, pretty), *again = NULL;
                _cleanup_(json_doc_freep) JsonDoc *e = NULL;

                /* a level deeper by the array around it */
                int r = json_parse("again", written, strlen(written), SIZE_MAX, &e, NULL);
                if (r < 0)
                        return;
                again = json_to_text(json_at(json_doc_root(e), 0));
                assert(again && streq(again, text));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(json_doc_freep) JsonDoc *d = NULL;
        _cleanup_diag_ Diag diag = {};
        JsonSpan span;

        int scanned = json_scan("fuzz", (const char *) data, size, &span, NULL);
        int r = json_parse("fuzz", (const char *) data, size, 1024 * 1024, &d, &diag);
        /* what the scanner passes, json-c takes */
        assert(scanned == r || r == -EFBIG);
        assert(r == 0 || r == -EBADMSG || r == -EFBIG);
        if (r == -EBADMSG)
                assert(diag.line > 0 && diag.column > 0 && diag.message);
        if (r == 0)
                check_round_trip(d);
        return 0;
}
