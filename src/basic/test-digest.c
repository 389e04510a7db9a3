/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/digest.h"
#include "basic/test.h"

static void check_digest(DigestKind kind, const char *text, const char *expected) {
        _cleanup_(digest_freep) Digest *d = NULL;
        char hex[DIGEST_HEX_MAX];

        CHECK_INT(digest_new(kind, &d), 0);
        for (const char *p = text; *p; p++)
                CHECK_INT(digest_update(d, p, 1), 0);
        CHECK_INT(digest_final_hex(d, hex), 0);
        CHECK_STR(hex, expected);
}

/* FIPS 180-2, appendices B and C. */
TEST(known) {
        check_digest(DIGEST_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        check_digest(DIGEST_SHA256, "abc",
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        check_digest(DIGEST_SHA512, "abc",
                     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

DEFINE_TEST_MAIN()
