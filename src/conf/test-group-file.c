/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/test.h"
#include "conf/group-file.h"

static const char text[] = "root:x:0:\n"
                           "rktx:x:5:\n"
                           "rkt-admin:x:998:a,b\n"
                           "rkt\n"
                           "rkt:x\n"
                           "rkt:x:many:\n"
                           "rkt:x:4294967295:\n"
                           "+rkt:x:6:\n"
                           "\n"
                           "rkt:x:999:alice\n"
                           "rkt:x:7:\n"
                           "last:x:12:";

TEST(find) {
        gid_t gid = 1;

        CHECK_INT(group_file_find(text, "rkt", &gid), 0);
        CHECK_INT(gid, 999);
        CHECK_INT(group_file_find(text, "rkt-admin", &gid), 0);
        CHECK_INT(gid, 998);
        CHECK_INT(group_file_find(text, "root", &gid), 0);
        CHECK_INT(gid, 0);
        CHECK_INT(group_file_find(text, "last", &gid), 0);
        CHECK_INT(gid, 12);
        CHECK_INT(group_file_find(text, "rk", &gid), -ENOENT);
        CHECK_INT(group_file_find("", "rkt", &gid), -ENOENT);
        CHECK_INT(gid, 12);
}

DEFINE_TEST_MAIN()
