/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/parse-util.h"
#include "image/gpg-colons.h"

/* Fields, counted from 0: the record's type, 1 validity (r revoked, e expired, i invalid), 9 a fingerprint
 * or a user id, in which gpg writes backslashes, colons and control characters as C escapes. */

#define FIELD_VALIDITY 1
#define FIELD_TEXT 9

typedef struct Listing {
        GpgKeyListing *out;
        unsigned n_keys;
        bool wants_fingerprint;
} Listing;

void gpg_key_listing_done(GpgKeyListing *l) {
        strv_free(l->fingerprints);
        strv_free(l->user_ids);
        *l = (GpgKeyListing) {};
}

static int on_key(Listing *l, char *const *fields) {
        if (++l->n_keys > 1)
                return -EBADMSG;
        l->out->revoked = strchr(fields[FIELD_VALIDITY], 'r');
        l->out->expired = strchr(fields[FIELD_VALIDITY], 'e');
        l->wants_fingerprint = true;
        return 0;
}

static int on_subkey(Listing *l, char *const *fields) {
        l->wants_fingerprint = true;
        return l->n_keys == 1 ? 0 : -EBADMSG;
}

static int on_secret(Listing *l, char *const *fields) {
        return -EBADMSG;
}

static int on_fingerprint(Listing *l, char *const *fields) {
        char *fpr = fields[FIELD_TEXT];

        if (!l->wants_fingerprint || strlen(fpr) != 40)
                return -EBADMSG;
        l->wants_fingerprint = false;
        for (char *c = fpr; *c; c++) {
                if (*c >= 'A' && *c <= 'F')
                        *c = (char) (*c - 'A' + 'a');
                if (!strchr("0123456789abcdef", *c))
                        return -EBADMSG;
        }
        return strv_extend(&l->out->fingerprints, fpr);
}

/* In place. */
static void unescape(char *s) {
        char *to = s;

        while (*s) {
                if (s[0] == '\\' && s[1] == 'x' && parse_hex_digit(s[2]) >= 0 && parse_hex_digit(s[3]) >= 0) {
                        char c = (char) (parse_hex_digit(s[2]) << 4 | parse_hex_digit(s[3]));
                        s += 4;
                        *to++ = c ?: '?';
                } else if (s[0] == '\\' && s[1]) {
                        *to++ = s[1] == 'n' ? '\n' : s[1] == 'r' ? '\r' : s[1];
                        s += 2;
                } else
                        *to++ = *s++;
        }
        *to = '\0';
}

static int on_user_id(Listing *l, char *const *fields) {
        if (l->n_keys != 1)
                return -EBADMSG;
        if (strpbrk(fields[FIELD_VALIDITY], "rei"))
                return 0;
        unescape(fields[FIELD_TEXT]);
        return strv_consume(&l->out->user_ids, string_escape(fields[FIELD_TEXT]));
}

static const struct {
        const char *type;
        int (*run)(Listing *l, char *const *fields);
} records[] = {
        { "pub", on_key    }, { "sub", on_subkey }, { "fpr", on_fingerprint }, { "uid", on_user_id },
        { "sec", on_secret }, { "ssb", on_secret }, { "crt", on_secret      }, { "crs", on_secret  },
};

static int take_record(Listing *l, const char *line) {
        _cleanup_strv_free_ char **fields = NULL;
        int e;

        e = strv_split(line, ":", &fields);
        if (e < 0)
                return e;
        for (size_t i = 0; fields && fields[0] && i < ELEMENTSOF(records); i++)
                if (streq(fields[0], records[i].type))
                        return strv_length(fields) <= FIELD_TEXT ? -EBADMSG : records[i].run(l, fields);
        return 0;
}

int gpg_colons_parse(const char *text, size_t size, GpgKeyListing *ret) {
        _cleanup_(gpg_key_listing_done) GpgKeyListing out = {};
        _cleanup_strv_free_ char **lines = NULL;
        _cleanup_free_ char *copy = NULL;
        Listing l = { .out = &out };
        int e;

        if (memchr(text, '\0', size))
                return -EBADMSG;
        copy = strndup(text, size);
        e = copy ? strv_split(copy, "\n", &lines) : -ENOMEM;
        STRV_FOREACH(line, lines) {
                if (e < 0)
                        break;
                e = take_record(&l, *line);
        }
        if (e < 0)
                return e;
        if (l.n_keys != 1 || !out.fingerprints || l.wants_fingerprint)
                return -EBADMSG;
        *ret = out;
        out = (GpgKeyListing) {};
        return 0;
}
