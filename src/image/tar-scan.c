/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "basic/parse-util.h"
#include "image/tar-scan.h"

/* A member is: extension headers (pax "x", GNU "L" and "K"), the header itself, its body. The scan runs
 * ahead of the other reader by what was fed; the offsets at which members began wait in a queue until it
 * comes to them.
 *
 * Refused: kinds that no image needs and readers treat differently; sizes on what has no body; two sources
 * for one name or size; a global header that says anything about members; numbers that are not plainly
 * written. */

#define BLOCK_SIZE 512U
#define EXTENSION_MAX (1024U * 1024)

#define OFFSET_SIZE 124
#define LENGTH_SIZE 12U
#define OFFSET_CHECKSUM 148U
#define CHECKSUM_SIZE 8U
#define OFFSET_TYPE 156
#define OFFSET_OLD_SPARSE_MORE 482 /* in a header of type "S" */
#define OFFSET_SPARSE_MORE 504     /* in a block that follows it */

typedef enum ScanState {
        SCAN_HEADER,
        SCAN_SPARSE,    /* further blocks of an old GNU sparse header */
        SCAN_EXTENSION, /* the body of an extension header, with its padding */
        SCAN_BODY,
        SCAN_END,
} ScanState;

/* What extension headers have said about the member to come. */
typedef struct Said {
        bool pax, name, link, size;
        uint64_t size_value;
} Said;

struct TarScan {
        ScanState state;
        uint64_t offset;       /* of the next byte */
        uint64_t member_begin;
        bool in_member;        /* an extension header was seen */
        Said said;
        uint8_t block[BLOCK_SIZE];
        size_t n_block;
        uint64_t body_left;
        char type;             /* of the extension header */
        StringBuf extension;
        size_t extension_size;
        uint64_t *queue;
        size_t queue_begin, queue_end, queue_allocated;
};

int tar_scan_new(TarScan **ret) {
        TarScan *s = calloc(1, sizeof(TarScan));

        if (!s)
                return -ENOMEM;

        *ret = s;
        return 0;
}

TarScan *tar_scan_free(TarScan *s) {
        if (!s)
                return NULL;

        string_buf_done(&s->extension);
        free(s->queue);
        free(s);
        return NULL;
}

static int contradiction(Diag *diag, const TarScan *s, const char *what) {
        return diag_set(diag, -EBADMSG, "the archive is ambiguous at byte %llu: %s",
                        (unsigned long long) s->member_begin, what);
}

static int queue_push(TarScan *s, uint64_t offset) {
        if (s->queue_begin == s->queue_end)
                s->queue_begin = s->queue_end = 0;

        if (s->queue_end >= s->queue_allocated) {
                size_t n = MAX(s->queue_allocated * 2, (size_t) 64);
                uint64_t *p = reallocarray(s->queue, n, sizeof(uint64_t));

                if (!p)
                        return -ENOMEM;
                s->queue = p;
                s->queue_allocated = n;
        }

        s->queue[s->queue_end++] = offset;
        return 0;
}

/* Octal digits between blanks, or GNU's base-256, positive and up to 63 bits. */
static int header_number(const uint8_t *field, size_t width, uint64_t *ret) {
        uint64_t v = 0;
        size_t i = 0;

        if (width > 8 && field[0] & 0x80) {
                if (field[0] != 0x80 || memcmp(field + 1, "\0\0\0", 3) != 0 || field[4] & 0x80)
                        return -EBADMSG;
                for (i = 4; i < width; i++)
                        v = v << 8 | field[i];
                *ret = v;
                return 0;
        }

        while (i < width && field[i] == ' ')
                i++;
        for (; i < width && field[i] >= '0' && field[i] <= '7'; i++)
                v = v << 3 | (uint64_t) (field[i] - '0');
        for (; i < width; i++)
                if (field[i] != ' ' && field[i] != 0)
                        return -EBADMSG;

        *ret = v;
        return 0;
}

static int say(TarScan *s, bool *already, const char *value, Diag *diag) {
        if (*already || isempty(value))
                return contradiction(diag, s, "extended headers give a name or a size twice, or none");

        *already = true;
        return 0;
}

static int pax_record(TarScan *s, const char *key, const char *value, Diag *diag) {
        int r;

        if (s->type == 'g') {
                if (streq(key, "comment") || endswith(key, "time"))
                        return 0;
                return contradiction(diag, s, "a global header is about more than times");
        }

        if (streq(key, "path"))
                return say(s, &s->said.name, value, diag);
        if (streq(key, "linkpath"))
                return say(s, &s->said.link, value, diag);
        if (!streq(key, "size"))
                return 0;

        r = say(s, &s->said.size, value, diag);
        if (r < 0)
                return r;

        r = parse_u64(value, &s->said.size_value);
        if (r < 0 || s->said.size_value > INT64_MAX)
                return contradiction(diag, s, "a size in an extended header is no size");
        return 0;
}

/* "LENGTH KEY=VALUE\n", LENGTH counting all of it. The text is changed. */
static int pax_records(TarScan *s, char *text, size_t size, Diag *diag) {
        int r;

        while (size > 0) {
                char *space = memchr(text, ' ', MIN(size, (size_t) 8)), *equals;
                uint64_t length;

                if (!space)
                        return contradiction(diag, s, "a record of an extended header has no length");
                *space = 0;
                if (parse_u64(text, &length) < 0 || length > size || length < (size_t) (space - text) + 4 ||
                    text[length - 1] != '\n')
                        return contradiction(diag, s, "a record of an extended header has a wrong length");

                text[length - 1] = 0;
                equals = memchr(space + 1, '=', length - (size_t) (space + 1 - text));
                if (!equals)
                        return contradiction(diag, s, "a record of an extended header has no key");
                *equals = 0;

                r = pax_record(s, space + 1, equals + 1, diag);
                if (r < 0)
                        return r;

                text += length;
                size -= length;
        }

        return 0;
}

static int end_extension(TarScan *s, Diag *diag) {
        int r = 0;

        switch (s->type) {
        case 'x':
        case 'g':
                r = pax_records(s, s->extension.data, s->extension_size, diag);
                break;
        case 'L':
                r = say(s, &s->said.name, s->extension.data, diag);
                break;
        case 'K':
                r = say(s, &s->said.link, s->extension.data, diag);
                break;
        }

        s->extension.size = 0;
        s->state = SCAN_HEADER;
        return r;
}

static int begin_extension(TarScan *s, uint64_t size, Diag *diag) {
        if (size > EXTENSION_MAX)
                return diag_set(diag, -EBADMSG, "an extended header is larger than %u bytes", EXTENSION_MAX);
        if (s->type == 'x') {
                if (s->said.pax)
                        return contradiction(diag, s, "an entry has two extended headers");
                s->said.pax = true;
        }

        s->in_member = true;
        s->extension_size = (size_t) size;
        s->body_left = (size + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE;
        s->state = SCAN_EXTENSION;
        return s->body_left == 0 ? contradiction(diag, s, "an extended header is empty") : 0;
}

static int begin_member(TarScan *s, char type, uint64_t size, Diag *diag) {
        bool has_body = type == '0' || type == 0 || type == '7' || type == 'S';

        if (!has_body && (type < '1' || type > '6'))
                return contradiction(diag, s, "an entry is of an unknown kind");

        /* Links say the size of what they link to, in some archives. */
        if (!has_body && ((size > 0 && type != '1') || (s->said.size && s->said.size_value > 0)))
                return contradiction(diag, s, "something that has no contents has a size");

        if (s->said.size)
                size = s->said.size_value;
        if (!has_body)
                size = 0;
        if (size > INT64_MAX - BLOCK_SIZE)
                return diag_set(diag, -EBADMSG, "the archive has a file of an impossible size");

        s->body_left = (size + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE;
        s->state = type == 'S' && s->block[OFFSET_OLD_SPARSE_MORE] ? SCAN_SPARSE : SCAN_BODY;
        s->said = (Said) {};
        s->in_member = false;
        return 0;
}

static bool block_is_zero(const TarScan *s) {
        return s->block[0] == 0 && memcmp(s->block, s->block + 1, BLOCK_SIZE - 1) == 0;
}

/* The sum of all bytes, the field itself as blanks; some old archivers took bytes as signed. */
static bool checksum_is_right(const TarScan *s) {
        int64_t plain = 0, with_sign = 0;
        uint64_t said = 0;

        for (size_t i = 0; i < BLOCK_SIZE; i++) {
                bool blank = i >= OFFSET_CHECKSUM && i < OFFSET_CHECKSUM + CHECKSUM_SIZE;

                plain += blank ? ' ' : s->block[i];
                with_sign += blank ? ' ' : (int8_t) s->block[i];
        }

        return header_number(s->block + OFFSET_CHECKSUM, CHECKSUM_SIZE, &said) >= 0 &&
                ((int64_t) said == plain || (int64_t) said == with_sign);
}

static int scan_header(TarScan *s, Diag *diag) {
        char type = (char) s->block[OFFSET_TYPE];
        uint64_t size;
        int r;

        if (!s->in_member) {
                s->member_begin = s->offset - BLOCK_SIZE;
                r = queue_push(s, s->member_begin);
                if (r < 0)
                        return r;
        }

        if (block_is_zero(s)) {
                s->state = SCAN_END;
                return s->in_member ? contradiction(diag, s, "an extended header belongs to no entry") : 0;
        }

        /* No header at all; the other reader has better words for what it is then, if it does not agree
         * that it is none, tar_scan_check() has the last one. */
        if (!checksum_is_right(s)) {
                s->state = SCAN_END;
                return 0;
        }

        if (header_number(s->block + OFFSET_SIZE, LENGTH_SIZE, &size) < 0)
                return contradiction(diag, s, "an entry's size is no number");

        s->type = type;
        if (type == 'x' || type == 'g' || type == 'L' || type == 'K')
                return begin_extension(s, size, diag);

        return begin_member(s, type, size, diag);
}

/* One whole block for the states that look at blocks. */
static int scan_block(TarScan *s, Diag *diag) {
        if (s->state == SCAN_HEADER)
                return scan_header(s, diag);

        if (!s->block[OFFSET_SPARSE_MORE])
                s->state = SCAN_BODY;
        return 0;
}

static size_t feed_block(TarScan *s, const uint8_t *p, size_t n) {
        size_t k = MIN(n, BLOCK_SIZE - s->n_block);

        memcpy(s->block + s->n_block, p, k);
        s->n_block += k;
        s->offset += k;
        return k;
}

static int feed_extension(TarScan *s, const uint8_t *p, size_t k, Diag *diag) {
        int r;

        r = string_buf_append_n(&s->extension, p, k);
        if (r < 0)
                return r;

        s->body_left -= k;
        s->offset += k;
        return s->body_left == 0 ? end_extension(s, diag) : 0;
}

int tar_scan_feed(TarScan *s, const void *data, size_t n, Diag *diag) {
        const uint8_t *p = data;
        size_t k;
        int r = 0;

        while (n > 0 && s->state != SCAN_END && r >= 0) {
                switch (s->state) {
                case SCAN_EXTENSION:
                        k = (size_t) MIN((uint64_t) n, s->body_left);
                        r = feed_extension(s, p, k, diag);
                        break;
                case SCAN_BODY:
                        k = (size_t) MIN((uint64_t) n, s->body_left);
                        s->body_left -= k;
                        s->offset += k;
                        if (s->body_left == 0)
                                s->state = SCAN_HEADER;
                        break;
                default:
                        k = feed_block(s, p, n);
                        if (s->n_block == BLOCK_SIZE) {
                                s->n_block = 0;
                                r = scan_block(s, diag);
                        }
                }

                p += k;
                n -= k;
        }

        return r;
}

int tar_scan_check(TarScan *s, uint64_t offset, Diag *diag) {
        if (s->queue_begin < s->queue_end && s->queue[s->queue_begin] == offset) {
                s->queue_begin++;
                return 0;
        }

        return diag_set(diag, -EBADMSG, "the archive is ambiguous: its entries can be seen elsewhere");
}
