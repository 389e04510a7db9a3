/* SPDX-License-Identifier: Apache-2.0 */
#include "image/download-protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(download_request_done) DownloadRequest r = {};
        _cleanup_(download_event_done) DownloadEvent e = {};
        _cleanup_free_ char *text = strndup((const char *) data, size);

        if (!text)
                return 0;
        if (download_request_parse((const char *) data, size, &r) >= 0)
                assert(r.url && r.max_bytes > 0);
        (void) cache_control_max_age(text);
        if (etag_is_valid(text))
                assert(!strpbrk(text, "\r\n "));
        if (!strchr(text, '\n') && download_event_parse(text, &e) >= 0) {
                _cleanup_(string_buf_done) StringBuf line = {};
                assert(download_event_format(&e, &line) >= 0 && line.size <= DOWNLOAD_LINE_MAX);
        }
        return 0;
}
