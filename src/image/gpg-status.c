/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/parse-util.h"
#include "basic/strv.h"
#include "basic/time-util.h"
#include "image/gpg-status.h"

/* gpgv's exit code says little: it is 0 for revoked and expired keys. So the lines decide. Each signature
 * begins with NEWSIG. It counts if it has GOODSIG and VALIDSIG, in this order and once each, and if
 * VALIDSIG's numbers are as they must be. One line of the refusing kind anywhere refuses everything. */

#define PREFIX "[GNUPG:] "
#define STATUS_FINGERPRINT 40
#define SKEW_SECONDS (24 * 60 * 60) /* by which clocks may differ */

typedef struct Signature {
        bool good, valid;
        GpgVerdict verdict;
} Signature;

typedef struct Status {
        uint64_t now;          /* seconds since the epoch */
        Signature current;
        Signature accepted;    /* the first whole one */
        bool unknown_key;      /* a signature by a key that is not in the keyring */
        const char *refused;   /* why, if anything refuses */
        const char *digest;    /* the weak one, if that is why */
} Status;

/* RFC 4880, 9.4. Those that are not here are weak, too: nobody should use what we don't know. */
static const struct {
        const char *number;
        const char *name;
        bool strong;
} digests[] = {
        { "1", "MD5", false },    { "2", "SHA1", false },   { "3", "RIPEMD160", false },
        { "8", "SHA256", true },  { "9", "SHA384", true },  { "10", "SHA512", true },
        { "11", "SHA224", true },
};

void gpg_verdict_done(GpgVerdict *v) {
        free(v->signer);
        *v = (GpgVerdict) {};
}

static void end_signature(Status *s) {
        if (s->current.good && s->current.valid && !s->accepted.valid)
                s->accepted = s->current;
        else
                gpg_verdict_done(&s->current.verdict);
        s->current = (Signature) {};
}

static int on_newsig(Status *s, char *const *words, const char *rest) {
        end_signature(s);
        return 0;
}

/* GnuPG escapes "%", control characters and line feeds in a user id as %XX. */
static char *unescape_user_id(const char *s) {
        _cleanup_free_ char *raw = calloc(1, strlen(s) + 1);
        char *to = raw;

        if (!raw)
                return NULL;
        while (*s) {
                int high = s[0] == '%' ? parse_hex_digit(s[1]) : -1,
                    low = high >= 0 ? parse_hex_digit(s[2]) : -1;
                if (low >= 0 && high + low > 0) {
                        *to++ = (char) (high << 4 | low);
                        s += 3;
                } else
                        *to++ = *s++;
        }
        return string_escape(raw);
}

static int on_goodsig(Status *s, char *const *words, const char *rest) {
        if (s->current.good)
                return -EBADMSG;
        s->current.good = true;
        s->current.verdict.signer = unescape_user_id(strchr(rest, ' ') ? strchr(rest, ' ') + 1 : "");
        return s->current.verdict.signer ? 0 : -ENOMEM;
}

static int take_fingerprint(const char *word, char ret[STATUS_FINGERPRINT + 1]) {
        if (strlen(word) != STATUS_FINGERPRINT ||
            strspn(word, "0123456789ABCDEFabcdef") != STATUS_FINGERPRINT)
                return -EBADMSG;
        for (size_t i = 0; i <= STATUS_FINGERPRINT; i++)
                ret[i] = word[i] >= 'A' && word[i] <= 'F' ? (char) (word[i] - 'A' + 'a') : word[i];
        return 0;
}

static void check_digest(Status *s, const char *number) {
        s->digest = s->digest ?: "of unknown kind";
        for (size_t i = 0; i < ELEMENTSOF(digests); i++) {
                if (!streq(digests[i].number, number))
                        continue;
                if (digests[i].strong) {
                        s->digest = NULL;
                        return;
                }
                s->digest = digests[i].name;
        }
        s->refused = "openpgp: the signature's digest is weak";
}

/* VALIDSIG FPR DATE TIMESTAMP EXPIRE VERSION RESERVED PUBKEY-ALGO HASH-ALGO CLASS PRIMARY-FPR */
static int on_validsig(Status *s, char *const *words, const char *rest) {
        uint64_t made;

        /* It follows EXPSIG, EXPKEYSIG and REVKEYSIG, too. */
        if (!s->current.good && s->refused)
                return 0;
        if (!s->current.good || s->current.valid || strv_length(words) < 10)
                return -EBADMSG;
        if (take_fingerprint(words[0], s->current.verdict.fingerprint) < 0 ||
            take_fingerprint(words[9], s->current.verdict.primary) < 0)
                return -EBADMSG;
        check_digest(s, words[7]);
        if (parse_u64(words[2], &made) < 0)
                return -EBADMSG;
        if (made > s->now + SKEW_SECONDS)
                s->refused = "openpgp: the signature is from the future (or this machine's clock is wrong)";
        if (!streq(words[8], "00"))
                s->refused = "openpgp: the signature is not one over binary data";
        s->current.valid = true;
        return 0;
}

/* ERRSIG KEYID PUBKEY-ALGO HASH-ALGO CLASS TIME RC [FPR]; RC as in libgpg-error: 6 bad, 9 no public key. */
static int on_errsig(Status *s, char *const *words, const char *rest) {
        static const struct {
                const char *code;
                const char *text; /* NULL: the key is not in the keyring */
        } reasons[] = {
                { "6",
                  "openpgp: the signing key is not valid: not signed by its owner, or made in the future" },
                { "9", NULL },
        };

        if (strv_length(words) < 6)
                return -EBADMSG;
        for (size_t i = 0; i < ELEMENTSOF(reasons); i++) {
                if (!streq(words[5], reasons[i].code))
                        continue;
                s->refused = reasons[i].text ?: s->refused;
                s->unknown_key = s->unknown_key || !reasons[i].text;
                return 0;
        }
        s->refused = "openpgp: a signature can't be checked (unsupported algorithm or format)";
        return 0;
}

static int on_error(Status *s, char *const *words, const char *rest) {
        return 0;
}

#define REFUSE(name, text)                                                                       \
        static int on_##name(Status *s, char *const *words, const char *rest) {                  \
                s->refused = text;                                                               \
                return 0;                                                                        \
        }

REFUSE(badsig, "openpgp: invalid signature: the data is not what was signed")
REFUSE(expsig, "openpgp: the signature is expired")
REFUSE(expkeysig, "openpgp: the signing key is expired")
REFUSE(revkeysig, "openpgp: the signing key is revoked")
REFUSE(nodata, "openpgp: there is no signature in the signature file")
REFUSE(plaintext, "openpgp: the signature file contains data of its own")

typedef struct Keyword {
        const char *name;
        int (*run)(Status *s, char *const *words, const char *rest);
} Keyword;

static const Keyword keywords[] = {
        { "NEWSIG",     on_newsig    },
        { "GOODSIG",    on_goodsig   },
        { "VALIDSIG",   on_validsig  },
        { "ERRSIG",     on_errsig    },
        { "ERROR",      on_error     },
        { "FAILURE",    on_error     },
        { "BADSIG",     on_badsig    },
        { "EXPSIG",     on_expsig    },
        { "EXPKEYSIG",  on_expkeysig },
        { "REVKEYSIG",  on_revkeysig },
        { "NODATA",     on_nodata    },
        { "UNEXPECTED", on_nodata    },
        { "PLAINTEXT",  on_plaintext },
};

static int take_line(Status *s, char *line) {
        _cleanup_strv_free_ char **words = NULL;
        const char *keyword = startswith(line, PREFIX);
        char *rest;
        int e;

        if (!keyword)
                return -EBADMSG;
        rest = line + (keyword - line) + strcspn(keyword, " ");
        if (*rest)
                *rest++ = '\0';
        e = strv_split(rest, " ", &words);
        if (e < 0)
                return e;
        for (size_t i = 0; i < ELEMENTSOF(keywords); i++)
                if (streq(keyword, keywords[i].name))
                        return keywords[i].run(s, words, rest);
        return 0;
}

static int judge(Status *s, GpgVerdict *ret, Diag *diag) {
        if (s->refused && s->digest)
                return diag_set(diag, -EKEYREJECTED, "%s: %s", s->refused, s->digest);
        if (s->refused)
                return diag_set(diag, -EKEYREJECTED, "%s", s->refused);
        if (!s->accepted.valid && s->unknown_key)
                return diag_set(diag, -ENOKEY, "openpgp: signature made by unknown entity");
        if (!s->accepted.valid)
                return diag_set(diag, -EKEYREJECTED, "openpgp: no valid signature was found");
        *ret = s->accepted.verdict;
        s->accepted.verdict = (GpgVerdict) {};
        return 0;
}

int gpg_status_parse(const char *text, size_t size, GpgVerdict *ret, Diag *diag) {
        _cleanup_free_ char *copy = NULL;
        Status s = { .now = now_usec(CLOCK_REALTIME) / USEC_PER_SEC };
        int e = 0;

        if (memchr(text, '\0', size) || (size > 0 && text[size - 1] != '\n'))
                return diag_set(diag, -EBADMSG, "failed to understand gpgv");
        copy = strndup(text, size);
        if (!copy)
                return -ENOMEM;
        for (char *line = copy, *end; e >= 0 && *line; line = end + 1) {
                end = strchr(line, '\n');
                *end = '\0';
                e = take_line(&s, line);
        }
        end_signature(&s);
        if (e == -EBADMSG)
                e = diag_set(diag, e, "failed to understand gpgv");
        if (e >= 0)
                e = judge(&s, ret, diag);
        gpg_verdict_done(&s.accepted.verdict);
        return e;
}
