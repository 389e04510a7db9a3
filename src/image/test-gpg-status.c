/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/test.h"
#include "image/gpg-colons.h"
#include "image/gpg-status.h"

#define FPR "0123456789ABCDEF0123456789ABCDEF01234567"
#define LOWER "0123456789abcdef0123456789abcdef01234567"
#define NEW "[GNUPG:] NEWSIG\n"
#define GOOD "[GNUPG:] GOODSIG 89ABCDEF01234567 Alice <alice@test>\n"
#define VALID "[GNUPG:] VALIDSIG " FPR " 2020-01-01 1577836800 0 4 0 22 8 00 " FPR "\n"
#define VALID_WITH(digest, class)                                                                \
        "[GNUPG:] VALIDSIG " FPR " 2020-01-01 1577836800 0 4 0 22 " digest " " class " " FPR "\n"
#define UNKNOWN                                                                                              \
        "[GNUPG:] ERRSIG 89ABCDEF01234567 22 8 00 1577836800 9 " FPR "\n[GNUPG:] NO_PUBKEY "                 \
                                                                     "89ABCDEF01234567\n"

static void check(const char *text, int error, const char *message) {
        _cleanup_(gpg_verdict_done) GpgVerdict v = {};
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(gpg_status_parse(text, strlen(text), &v, &diag), error);
        CHECK_STR(diag.message, message);
        if (error < 0)
                CHECK(!v.signer);
        else
                CHECK_STR(v.fingerprint, LOWER);
}

static void check_refused(const char *text, const char *message) {
        check(text, -EKEYREJECTED, message);
}

TEST(accepted) {
        _cleanup_(gpg_verdict_done) GpgVerdict v = {};

        CHECK_INT(gpg_status_parse(NEW GOOD VALID, strlen(NEW GOOD VALID), &v, NULL), 0);
        CHECK_STR(v.signer, "Alice <alice@test>");
        CHECK_STR(v.primary, LOWER);
        check("[GNUPG:] NEWSIG a@b\n[GNUPG:] KEY_CONSIDERED x 0\n[GNUPG:] SIG_ID x\n" GOOD VALID, 0, NULL);
        check(NEW UNKNOWN NEW GOOD VALID, 0, NULL);
        check(NEW GOOD VALID NEW UNKNOWN, 0, NULL);
        check(NEW GOOD VALID NEW GOOD VALID, 0, NULL);
}

TEST(signer_is_escaped) {
        static const char text[] =
                NEW "[GNUPG:] GOODSIG 89ABCDEF01234567 a%0A[GNUPG:] GOODSIG%1B%25%zz\n" VALID;
        _cleanup_(gpg_verdict_done) GpgVerdict v = {};

        CHECK_INT(gpg_status_parse(text, strlen(text), &v, NULL), 0);
        CHECK_STR(v.signer, "a\\x0a[GNUPG:] GOODSIG\\x1b%%zz");
}

TEST(good_and_valid_of_one_signature) {
        check_refused("", "openpgp: no valid signature was found");
        check_refused(NEW, "openpgp: no valid signature was found");
        check_refused(NEW GOOD, "openpgp: no valid signature was found");
        check_refused(NEW GOOD NEW, "openpgp: no valid signature was found");
        check(NEW UNKNOWN, -ENOKEY, "openpgp: signature made by unknown entity");
        check(NEW VALID, -EBADMSG, "failed to understand gpgv");
        check(NEW GOOD NEW VALID, -EBADMSG, "failed to understand gpgv");
        check(NEW VALID GOOD, -EBADMSG, "failed to understand gpgv");
        check(NEW GOOD GOOD VALID, -EBADMSG, "failed to understand gpgv");
        check(NEW GOOD VALID VALID, -EBADMSG, "failed to understand gpgv");
}

TEST(one_refusal_refuses_all) {
        static const struct {
                const char *line, *message;
        } cases[] = {
                { "[GNUPG:] BADSIG 89ABCDEF01234567 x\n",
                  "openpgp: invalid signature: the data is not what was signed" },
                { "[GNUPG:] EXPSIG 89ABCDEF01234567 x\n" VALID, "openpgp: the signature is expired" },
                { "[GNUPG:] EXPKEYSIG 89ABCDEF01234567 x\n" VALID, "openpgp: the signing key is expired" },
                { "[GNUPG:] REVKEYSIG 89ABCDEF01234567 x\n" VALID, "openpgp: the signing key is revoked" },
                { "[GNUPG:] NODATA 4\n", "openpgp: there is no signature in the signature file" },
                { "[GNUPG:] UNEXPECTED 0\n", "openpgp: there is no signature in the signature file" },
                { "[GNUPG:] PLAINTEXT 62 0 x\n", "openpgp: the signature file contains data of its own" },
                { "[GNUPG:] ERRSIG 89ABCDEF01234567 99 8 00 1577836800 4 -\n",
                  "openpgp: a signature can't be checked (unsupported algorithm or format)" },
                { "[GNUPG:] ERRSIG 89ABCDEF01234567 22 8 00 1577836800 6 -\n",
                  "openpgp: the signing key is not valid: not signed by its owner, or made in the future" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *before = strjoin(NEW, cases[i].line, NEW GOOD VALID, NULL),
                                    *after = strjoin(NEW GOOD VALID NEW, cases[i].line, NULL);
                check_refused(before, cases[i].message);
                check_refused(after, cases[i].message);
        }
}

TEST(validsig_numbers) {
        check_refused(NEW GOOD VALID_WITH("1", "00"), "openpgp: the signature's digest is weak: MD5");
        check_refused(NEW GOOD VALID_WITH("2", "00"), "openpgp: the signature's digest is weak: SHA1");
        check_refused(NEW GOOD VALID_WITH("3", "00"), "openpgp: the signature's digest is weak: RIPEMD160");
        check_refused(NEW GOOD VALID_WITH("99", "00"),
                      "openpgp: the signature's digest is weak: of unknown kind");
        check_refused(NEW GOOD VALID_WITH("8", "01"), "openpgp: the signature is not one over binary data");
        check_refused(NEW GOOD VALID_WITH("8", "10"), "openpgp: the signature is not one over binary data");
        check_refused(NEW GOOD VALID_WITH("2", "01"),
                      "openpgp: the signature is not one over binary data: SHA1");
        check_refused(NEW GOOD "[GNUPG:] VALIDSIG " FPR " 2199-01-01 7226582400 0 4 0 22 8 00 " FPR "\n",
                      "openpgp: the signature is from the future (or this machine's clock is wrong)");
        for (const char *digest = "8\0009\00010\00011\0"; *digest; digest += strlen(digest) + 1) {
                _cleanup_free_ char *text = xasprintf(
                        NEW GOOD "[GNUPG:] VALIDSIG " FPR " 2020-01-01 1577836800 0 4 0 22 %s 00 " FPR "\n",
                        digest);
                check(text, 0, NULL);
        }
}

TEST(not_from_gpgv) {
        check("GOODSIG\n", -EBADMSG, "failed to understand gpgv");
        check(NEW GOOD "[GNUPG:] VALIDSIG", -EBADMSG, "failed to understand gpgv");
        check(NEW GOOD "[GNUPG:] VALIDSIG " FPR "\n", -EBADMSG, "failed to understand gpgv");
        check(NEW GOOD "[GNUPG:] VALIDSIG short 2020-01-01 1 0 4 0 22 8 00 " FPR "\n", -EBADMSG,
              "failed to understand gpgv");
        check(NEW GOOD "[GNUPG:] VALIDSIG " FPR " 2020-01-01 now 0 4 0 22 8 00 " FPR "\n", -EBADMSG,
              "failed to understand gpgv");
        check(NEW "[GNUPG:] ERRSIG 1\n", -EBADMSG, "failed to understand gpgv");
        check("[GNUPG:]\n", -EBADMSG, "failed to understand gpgv");
        CHECK_INT(gpg_status_parse("[GNUPG:] NEWSIG\0\n", 17, NULL, NULL), -EBADMSG);
}

#define PUB "pub:-:255:22:FB62C87401CE7173:1577836800:::-:::scSC:::::ed25519:::0:\n"
#define FIELD "fpr:::::::::" FPR ":\n"

static void check_listing(const char *text, int error) {
        _cleanup_(gpg_key_listing_done) GpgKeyListing l = {};

        CHECK_INT(gpg_colons_parse(text, strlen(text), &l), error);
        if (error == 0)
                CHECK_STR(l.fingerprints[0], LOWER);
}

TEST(key_listing) {
        static const char text[] =
                PUB FIELD "uid:-::::1::HASH::Alice \\x3a\\n\\\\ <a@b>::::::::::0:\n"
                          "uid:r::::1::HASH::Revoked::::::::::0:\n"
                          "sub:-:255:22:A6D4640E73D8B0E9:1577836800::::::s:::::ed25519::\n"
                          "fpr:::::::::1123456789ABCDEF0123456789ABCDEF01234567:\n";
        _cleanup_(gpg_key_listing_done) GpgKeyListing l = {};

        CHECK_INT(gpg_colons_parse(text, strlen(text), &l), 0);
        CHECK_INT(strv_length(l.fingerprints), 2);
        CHECK_STR(l.fingerprints[0], LOWER);
        CHECK_STR(l.fingerprints[1], "1123456789abcdef0123456789abcdef01234567");
        CHECK_INT(strv_length(l.user_ids), 1);
        CHECK_STR(l.user_ids[0], "Alice :\\x0a\\ <a@b>");
        CHECK(!l.revoked && !l.expired);
}

TEST(key_listing_validity) {
        static const char revoked[] =
                "pub:r:255:22:FB62C87401CE7173:1577836800:::-:::scSC:::::ed25519:::0:\n" FIELD;
        static const char expired[] =
                "pub:e:255:22:FB62C87401CE7173:1577836800:::-:::scSC:::::ed25519:::0:\n" FIELD;
        _cleanup_(gpg_key_listing_done) GpgKeyListing a = {}, b = {};

        CHECK_INT(gpg_colons_parse(revoked, strlen(revoked), &a), 0);
        CHECK(a.revoked && !a.expired);
        CHECK_INT(gpg_colons_parse(expired, strlen(expired), &b), 0);
        CHECK(b.expired && !b.revoked);
}

TEST(key_listing_of_something_else) {
        check_listing(PUB FIELD, 0);
        check_listing("", -EBADMSG);
        check_listing(PUB, -EBADMSG);
        check_listing(FIELD, -EBADMSG);
        check_listing(PUB FIELD PUB FIELD, -EBADMSG);
        check_listing(PUB FIELD FIELD, -EBADMSG);
        check_listing(PUB "fpr:::::::::short:\n", -EBADMSG);
        check_listing("pub:-\n" FIELD, -EBADMSG);
        check_listing("sec:-:255:22:FB62C87401CE7173:1577836800:::-:::scSC:::::ed25519:::0:\n" FIELD,
                      -EBADMSG);
        check_listing("uid:-::::1::HASH::Alice::::::::::0:\n" PUB FIELD, -EBADMSG);
}

DEFINE_TEST_MAIN()
