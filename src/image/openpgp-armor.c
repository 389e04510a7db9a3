/* SPDX-License-Identifier: Apache-2.0 */
#include "image/openpgp.h"

/* ASCII armor (RFC 4880, 6.2), read strictly: text may stand before the block (key servers and people put
 * it there), but nothing may follow it, there is exactly one, and its checksum must fit if it has one. */

#define CRC24_INIT 0xb704ceU
#define CRC24_POLY 0x1864cfbU

typedef struct Armor {
        const char *file;
        const char *p, *end;
        const char *kind;
        uint32_t bits;      /* of base64 not yet put out */
        unsigned n_bits;
        unsigned n_padding;
        size_t n_digits;
} Armor;

static int armor_fail(const Armor *a, Diag *diag, const char *why) {
        _cleanup_free_ char *escaped = string_escape(a->file);

        return diag_set(diag, -EBADMSG, "\"%s\" is not a %s: %s", strempty(escaped), a->kind, why);
}

/* The next line without its end and trailing white space; false at the end of the text. */
static bool next_line(Armor *a, const char **ret, size_t *ret_size) {
        const char *start = a->p, *newline;
        size_t n;

        if (start >= a->end)
                return false;
        newline = memchr(start, '\n', (size_t) (a->end - start));
        a->p = newline ? newline + 1 : a->end;
        n = (size_t) ((newline ?: a->end) - start);
        while (n > 0 && strchr(" \t\r", start[n - 1]) && start[n - 1])
                n--;
        *ret = start;
        *ret_size = n;
        return true;
}

static bool line_is(const char *line, size_t size, const char *begin, const char *kind) {
        size_t a = strlen(begin), b = strlen(kind);

        return size == a + b + 5 && memcmp(line, begin, a) == 0 && memcmp(line + a, kind, b) == 0 &&
               memcmp(line + a + b, "-----", 5) == 0;
}

static bool is_dashes(const char *line, size_t size) {
        return size >= 5 && memcmp(line, "-----", 5) == 0;
}

static uint32_t crc24(const uint8_t *p, size_t size) {
        uint32_t crc = CRC24_INIT;

        for (size_t i = 0; i < size; i++) {
                crc ^= (uint32_t) p[i] << 16;
                for (int bit = 0; bit < 8; bit++) {
                        crc <<= 1;
                        if (crc & 0x1000000)
                                crc ^= CRC24_POLY;
                }
        }
        return crc & 0xffffff;
}

static int base64_value(char c) {
        static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const char *p = c ? strchr(digits, c) : NULL;

        return p ? (int) (p - digits) : -EBADMSG;
}

static int decode_line(Armor *a, const char *line, size_t size, StringBuf *out) {
        for (size_t i = 0; i < size; i++) {
                int v, e;

                a->n_digits++;
                if (line[i] == '=') {
                        a->n_padding++;
                        continue;
                }
                v = base64_value(line[i]);
                if (v < 0 || a->n_padding > 0)
                        return -EBADMSG;
                a->bits = a->bits << 6 | (uint32_t) v;
                a->n_bits += 6;
                if (a->n_bits < 8)
                        continue;
                a->n_bits -= 8;
                uint8_t byte = (uint8_t) (a->bits >> a->n_bits);
                e = string_buf_append_n(out, &byte, 1);
                if (e < 0)
                        return e;
        }
        return 0;
}

static int check_crc(const char *line, size_t size, const StringBuf *out) {
        uint32_t crc = 0;

        if (size != 5)
                return -EBADMSG;
        for (size_t i = 1; i < 5; i++) {
                int v = base64_value(line[i]);
                if (v < 0)
                        return -EBADMSG;
                crc = crc << 6 | (uint32_t) v;
        }
        return crc == crc24((const uint8_t *) out->data, out->size) ? 0 : -EBADMSG;
}

static int skip_to_block(Armor *a, Diag *diag) {
        const char *line;
        size_t size;

        for (;;) {
                if (!next_line(a, &line, &size))
                        return armor_fail(a, diag, "it is neither binary nor armored OpenPGP data");
                if (line_is(line, size, "-----BEGIN ", a->kind))
                        break;
                if (is_dashes(line, size))
                        return armor_fail(a, diag, "it contains another kind of OpenPGP data");
        }
        /* Armor headers ("Version: …") up to an empty line; of no meaning. */
        do {
                if (!next_line(a, &line, &size) || is_dashes(line, size))
                        return armor_fail(a, diag, "its armor ends early");
        } while (size > 0);
        return 0;
}

static int decode_block(Armor *a, StringBuf *out, Diag *diag) {
        bool crc_seen = false;
        const char *line;
        size_t size;

        for (;;) {
                if (!next_line(a, &line, &size))
                        return armor_fail(a, diag, "its armor ends early");
                if (line_is(line, size, "-----END ", a->kind))
                        break;
                if (crc_seen)
                        return armor_fail(a, diag, "text follows the armor's checksum");
                if (size == 5 && line[0] == '=') {
                        if (check_crc(line, size, out) < 0)
                                return armor_fail(a, diag, "the armor's checksum is wrong");
                        crc_seen = true;
                        continue;
                }
                int e = decode_line(a, line, size, out);
                if (e == -ENOMEM)
                        return e;
                if (e < 0)
                        return armor_fail(a, diag, "its armor has a character that is not base64");
        }
        if (a->n_digits % 4 != 0 || a->n_padding > 2)
                return armor_fail(a, diag, "its armor is cut off");
        while (next_line(a, &line, &size))
                if (size > 0)
                        return armor_fail(a, diag, "something follows the armored block");
        return 0;
}

int openpgp_dearmor(const char *file, const void *data, size_t size, const char *kind, StringBuf *ret,
                    Diag *diag) {
        Armor a = { .file = file, .p = data, .end = (const char *) data + size, .kind = kind };
        _cleanup_(string_buf_done) StringBuf out = {};
        int e;

        if (size == 0)
                return armor_fail(&a, diag, "it is empty");
        if (*(const uint8_t *) data & 0x80) {
                e = string_buf_append_n(&out, data, size);
                if (e < 0)
                        return e;
        } else {
                e = skip_to_block(&a, diag);
                if (e < 0)
                        return e;
                e = decode_block(&a, &out, diag);
                if (e < 0)
                        return e;
        }

        *ret = out;
        out = (StringBuf) {};
        return 0;
}
