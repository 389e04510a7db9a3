/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/test.h"
#include "conf/insecure.h"

static InsecureFlags parse(const char *words) {
        _cleanup_strv_free_ char **names = NULL;
        InsecureFlags f;

        CHECK_INT(strv_split(words, ",", &names), 0);
        CHECK_INT(insecure_flags_parse(names, &f, NULL), 0);
        return f;
}

TEST(parse) {
        InsecureFlags f = 7;

        CHECK_INT(insecure_flags_parse(NULL, &f, NULL), 0);
        CHECK_INT(f, INSECURE_NONE);
        CHECK_INT(parse("none"), INSECURE_NONE);
        CHECK_INT(parse("image"), INSECURE_IMAGE);
        CHECK_INT(parse("image,tls,image"), INSECURE_IMAGE | INSECURE_TLS);
        CHECK_INT(parse("none,pubkey"), INSECURE_PUBKEY);
        CHECK_INT(parse("all-fetch"), INSECURE_IMAGE | INSECURE_TLS | INSECURE_HTTP);
        CHECK_INT(parse("all-run"), INSECURE_CAPABILITIES | INSECURE_PATHS | INSECURE_SECCOMP);
        CHECK_INT(parse("all"), INSECURE_ALL);
        CHECK_INT(parse("all-fetch,all-run,pubkey,ondisk"), INSECURE_ALL);
}

#define KNOWN                                                                                              \
        "(known: none, http, image, tls, ondisk, pubkey, capabilities, paths, seccomp, all-fetch, all-run, " \
        "all)"

TEST(unknown) {
        static const char *const cases[][2] = {
                { "image,signature", "unknown insecure option \"signature\" " KNOWN },
                { "", "unknown insecure option \"\" " KNOWN },
                { "Image", "unknown insecure option \"Image\" " KNOWN },
                { "image, tls", "unknown insecure option \" tls\" " KNOWN },
                { "\x1b", "unknown insecure option \"\\x1b\" " KNOWN },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_strv_free_ char **names = NULL;
                _cleanup_diag_ Diag diag = {};
                InsecureFlags f = INSECURE_TLS;

                CHECK_INT(strv_split(cases[i][0], ",", &names), 0);
                CHECK_INT(insecure_flags_parse(names, &f, &diag), -EINVAL);
                CHECK_STR(diag.message, cases[i][1]);
                CHECK_INT(f, INSECURE_TLS);
        }
}

TEST(to_string) {
        static const char *const words[] = {
                "none", "all", "image", "http,image,tls", "capabilities,paths,seccomp", "ondisk,pubkey",
        };

        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                _cleanup_free_ char *s = insecure_flags_to_string(parse(words[i]));
                CHECK_STR(s, words[i]);
        }
}

DEFINE_TEST_MAIN()
