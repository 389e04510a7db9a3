/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "basic/parse-util.h"
#include "stage1/unit-escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int hex(char c) {
        assert((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
        return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* Reads one word as systemd does: quotes, C escapes, then specifiers. */
static char *unescape(const char *s) {
        char *out = malloc(strlen(s) + 1), *to = out;

        assert(out && *s == '"');
        for (s++; *s != '"'; s++) {
                assert((unsigned char) *s >= 0x20 && (unsigned char) *s < 0x7f);
                if (*s == '%') {
                        assert(s[1] == '%');
                        *to++ = *++s;
                } else if (*s == '\\' && s[1] == 'x') {
                        *to++ = (char) (hex(s[2]) << 4 | hex(s[3]));
                        s += 3;
                } else if (*s == '\\') {
                        assert(s[1] == '"' || s[1] == '\\');
                        *to++ = *++s;
                } else
                        *to++ = *s;
        }
        assert(!s[1]);
        *to = 0;
        return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *s = strndup((const char *) data, size), *back = NULL;
        _cleanup_(string_buf_done) StringBuf word = {}, path = {};

        if (!s)
                return 0;
        assert(unit_escape_word(&word, s) == 0);
        back = unescape(word.data);
        assert(streq(back, s));

        if (*s == '/' && unit_write_path(&path, &(UnitPath) { .key = "K", .path = s, .quoted = true },
                                         NULL) >= 0)
                assert(strchr(path.data, '\n') == path.data + path.size - 1);
        return 0;
}
