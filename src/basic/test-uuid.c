/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/test.h"
#include "basic/uuid.h"

TEST(round_trip) {
        const char *text = "6733c088-a507-4694-aabf-edbe4fc5266f";
        char again[UUID_STRING_MAX];
        Uuid u;

        CHECK_INT(uuid_parse(text, &u), 0);
        CHECK_INT(u.bytes[0], 0x67);
        CHECK_INT(u.bytes[15], 0x6f);
        uuid_format(&u, again);
        CHECK_STR(again, text);
}

TEST(generated) {
        char a[UUID_STRING_MAX], b[UUID_STRING_MAX];
        Uuid u, parsed;

        CHECK_INT(uuid_generate(&u), 0);
        uuid_format(&u, a);
        CHECK_INT(a[14], '4');
        CHECK(strchr("89ab", a[19]));
        CHECK_INT(uuid_parse(a, &parsed), 0);
        CHECK(memcmp(&u, &parsed, sizeof(u)) == 0);
        CHECK_INT(uuid_generate(&u), 0);
        uuid_format(&u, b);
        CHECK(!streq(a, b));
}

TEST(malformed) {
        static const char *const bad[] = {
                "",
                "6733c088",
                "6733c088-a507-4694-aabf-edbe4fc5266",
                "6733c088-a507-4694-aabf-edbe4fc5266f0",
                "6733C088-a507-4694-aabf-edbe4fc5266f",
                "6733c088a-507-4694-aabf-edbe4fc5266f",
                "6733c088-a507-4694-aabf-edbe4fc5266g",
                "6733c088-a507-4694-aabf-edbe4fc5266 ",
                "6733c088a507-4694-aabf-edbe4fc5266ff",
                "{6733c088-a507-4694-aabf-edbe4fc5266}",
        };
        Uuid u;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                CHECK_INT(uuid_parse(bad[i], &u), -EINVAL);
}

TEST(boot) {
        char once[UUID_STRING_MAX], again[UUID_STRING_MAX];
        Uuid u;

        CHECK_INT(uuid_boot(once), 0);
        CHECK_INT(uuid_boot(again), 0);
        CHECK_STR(once, again);
        CHECK_INT(uuid_parse(once, &u), 0);
}

DEFINE_TEST_MAIN()
