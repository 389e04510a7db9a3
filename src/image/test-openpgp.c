/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "basic/fs-util.h"
#include "basic/test.h"
#include "image/openpgp.h"
#include "image/sha1.h"

#define ALICE "5414f4a01dcc10686cf7a19dfb62c87401ce7173"

static char *load(const char *name, size_t *ret_size) {
        _cleanup_free_ char *path = NULL;
        char *data;

        CHECK(getenv("RKT_TEST_DATA"));
        CHECK(path = strjoin(getenv("RKT_TEST_DATA"), "/keys/", name, NULL));
        CHECK_INT(file_read_at(AT_FDCWD, path, 1 << 20, &data, ret_size), 0);
        return data;
}

static void check_key(const char *data, size_t size, const char *message) {
        _cleanup_(string_buf_done) StringBuf binary = {}, key = {};
        char fpr[OPENPGP_FINGERPRINT_HEX + 1] = "";
        _cleanup_diag_ Diag diag = {};
        int e;

        e = openpgp_dearmor("k", data, size, OPENPGP_ARMOR_KEY, &binary, &diag);
        if (e >= 0)
                e = openpgp_read_key("k", binary.data, binary.size, fpr, &key, &diag);
        CHECK_STR(diag.message, message);
        CHECK_INT(e, message ? -EBADMSG : 0);
        if (!message)
                CHECK_STR(fpr, ALICE);
}

static void check_signature(const void *data, size_t size, const char *message) {
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(openpgp_check_signature("s", data, size, &diag), message ? -EBADMSG : 0);
        CHECK_STR(diag.message, message);
}

TEST(sha1) {
        static const struct {
                const char *text;
                unsigned repeat;
                const char *hex;
        } vectors[] = {
                { "", 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
                { "abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
                { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
                  "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
                { "a", 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f" },
        };

        for (size_t i = 0; i < ELEMENTSOF(vectors); i++) {
                uint8_t digest[SHA1_BYTES];
                char hex[2 * SHA1_BYTES + 1];
                Sha1 h;

                sha1_init(&h);
                for (unsigned n = 0; n < vectors[i].repeat; n++)
                        sha1_update(&h, vectors[i].text, strlen(vectors[i].text));
                sha1_final(&h, digest);
                for (size_t b = 0; b < SHA1_BYTES; b++)
                        (void) snprintf(hex + 2 * b, 3, "%02x", digest[b]);
                CHECK_STR(hex, vectors[i].hex);
        }
}

TEST(armored_key) {
        size_t size;
        _cleanup_free_ char *key = load("alice.asc", &size), *more = NULL;

        check_key(key, size, NULL);

        CHECK(more = strjoin("My key:\r\n\n", key, "\n \n", NULL));
        check_key(more, strlen(more), NULL);
}

TEST(binary_key) {
        _cleanup_(string_buf_done) StringBuf binary = {};
        size_t size;
        _cleanup_free_ char *key = load("alice.asc", &size);

        CHECK_INT(openpgp_dearmor("k", key, size, OPENPGP_ARMOR_KEY, &binary, NULL), 0);
        check_key(binary.data, binary.size, NULL);

        /* Twice the same key is two keys. */
        _cleanup_free_ char *twice = calloc(2, binary.size);
        memcpy(twice, binary.data, binary.size);
        memcpy(twice + binary.size, binary.data, binary.size);
        check_key(twice, 2 * binary.size,
                  "\"k\" is not the public key of one signer: it contains more than one primary key");

        for (size_t n = 1; n < binary.size; n++) {
                _cleanup_(string_buf_done) StringBuf out = {};
                char fpr[OPENPGP_FINGERPRINT_HEX + 1];
                int e = openpgp_read_key("k", binary.data, n, fpr, &out, NULL);
                CHECK(e == 0 || e == -EBADMSG);
        }
}

TEST(armor_must_be_whole) {
        size_t size;
        _cleanup_free_ char *key = load("alice.asc", &size), *text = NULL;
        char *crc;

        check_key("", 0, "\"k\" is not a PGP PUBLIC KEY BLOCK: it is empty");
        check_key("hello\n", 6,
                  "\"k\" is not a PGP PUBLIC KEY BLOCK: it is neither binary nor armored OpenPGP data");
        check_key(key, size / 2, "\"k\" is not a PGP PUBLIC KEY BLOCK: its armor ends early");
        check_key(key, 40, "\"k\" is not a PGP PUBLIC KEY BLOCK: its armor ends early");

        CHECK(text = strjoin(key, "x\n", NULL));
        check_key(text, strlen(text),
                  "\"k\" is not a PGP PUBLIC KEY BLOCK: something follows the armored block");
        free(text);
        CHECK(text = strjoin(key, key, NULL));
        check_key(text, strlen(text),
                  "\"k\" is not a PGP PUBLIC KEY BLOCK: something follows the armored block");

        CHECK(crc = strstr(key, "\n="));
        crc[2] = crc[2] == 'A' ? 'B' : 'A';
        check_key(key, size, "\"k\" is not a PGP PUBLIC KEY BLOCK: the armor's checksum is wrong");
        crc[2] = '!';
        check_key(key, size, "\"k\" is not a PGP PUBLIC KEY BLOCK: the armor's checksum is wrong");
        strchr(key, '\n')[10] = '*';
        check_key(key, size,
                  "\"k\" is not a PGP PUBLIC KEY BLOCK: its armor has a character that is not base64");
}

TEST(armor_of_another_kind) {
        size_t size;
        _cleanup_free_ char *key = load("secret.asc", &size);

        check_key(key, size, "\"k\" is not a PGP PUBLIC KEY BLOCK: it contains another kind of OpenPGP data");
}

TEST(secret_key_under_a_public_label) {
        _cleanup_(string_buf_done) StringBuf binary = {};
        size_t size;
        _cleanup_free_ char *key = load("secret.asc", &size);

        CHECK_INT(openpgp_dearmor("k", key, size, "PGP PRIVATE KEY BLOCK", &binary, NULL), 0);
        check_key(binary.data, binary.size,
                  "\"k\" is not the public key of one signer: it contains a secret key, which "
                  "must never leave its owner");
}

TEST(packets_in_order) {
        static const char user_id_first[] = "\xb4\x01x";
        static const char old_version[] = "\x98\x06\x03\x00\x00\x00\x00\x01";

        check_key(user_id_first, 3,
                  "\"k\" is not the public key of one signer: it does not begin with a primary key");
        check_key(old_version, 8,
                  "\"k\" is not the public key of one signer: only version 4 keys are supported");
        /* Only what is of no use: a marker packet. */
        check_key("\xca\x03PGP", 5, "\"k\" is not the public key of one signer: it contains no primary key");
}

TEST(signatures) {
        check_signature("\x88\x01x", 3, NULL);
        check_signature("\xc2\x01x\xc2\x01x", 6, NULL);
        check_signature("", 0, "\"s\" is not a detached OpenPGP signature: it is empty");
        /* Literal data, old and new format. */
        check_signature("\xac\x01x", 3,
                        "\"s\" is not a detached OpenPGP signature: it contains more than signatures");
        check_signature("\xc2\x01x\xcb\x01x", 6,
                        "\"s\" is not a detached OpenPGP signature: it contains more than signatures");
        /* Indeterminate and partial lengths; a length past the end; a byte that begins no packet. */
        check_signature("\x8bx", 2,
                        "\"s\" is not a detached OpenPGP signature: it is not made of whole OpenPGP packets");
        check_signature("\xc2\xe0x", 3,
                        "\"s\" is not a detached OpenPGP signature: it is not made of whole OpenPGP packets");
        check_signature("\xc2\x02x", 3,
                        "\"s\" is not a detached OpenPGP signature: it is not made of whole OpenPGP packets");
        check_signature("\xc2\xff\xff\xff\xff\xff", 6,
                        "\"s\" is not a detached OpenPGP signature: it is not made of whole OpenPGP packets");
        check_signature("\xc2\x01xx", 4,
                        "\"s\" is not a detached OpenPGP signature: it is not made of whole OpenPGP packets");
}

TEST(lengths) {
        _cleanup_free_ char *data = calloc(1, 70000);
        OpenpgpReader r;
        OpenpgpPacket p;

        /* One, two and five bytes in the new format; two and four in the old. */
        static const struct {
                const char *head;
                size_t head_size, body;
        } cases[] = {
                { "\xc2\xbf", 2, 191 },
                { "\xc2\xc0\x00", 3, 192 },
                { "\xc2\xdf\xff", 3, 8383 },
                { "\xc2\xff\x00\x01\x00\x00", 6, 65536 },
                { "\x89\x20\x00", 3, 8192 },
                { "\x8a\x00\x01\x00\x01", 5, 65537 },
        };
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                memcpy(data, cases[i].head, cases[i].head_size);
                r = (OpenpgpReader) { .data = (const uint8_t *) data,
                                      .size = cases[i].head_size + cases[i].body };
                CHECK_INT(openpgp_next(&r, &p), 1);
                CHECK_INT(p.tag, OPENPGP_SIGNATURE);
                CHECK_INT(p.body_size, cases[i].body);
                CHECK_INT(openpgp_next(&r, &p), 0);
                r = (OpenpgpReader) { .data = (const uint8_t *) data,
                                      .size = cases[i].head_size + cases[i].body - 1 };
                CHECK_INT(openpgp_next(&r, &p), -EBADMSG);
        }
}

TEST(key_bits) {
        static const uint8_t rsa[] = { 4, 0, 0, 0, 0, 1, 0x08, 0x00, 0xff },
                             curve[] = { 4, 0, 0, 0, 0, 22, 9, 9 };
        OpenpgpPacket p = { .tag = OPENPGP_PUBLIC_KEY, .body = rsa, .body_size = sizeof(rsa) };

        CHECK_INT(openpgp_key_bits(&p), 2048);
        p.body = curve;
        p.body_size = sizeof(curve);
        CHECK_INT(openpgp_key_bits(&p), 0);
        p.body_size = 7;
        CHECK_INT(openpgp_key_bits(&p), -EBADMSG);
}

DEFINE_TEST_MAIN()
