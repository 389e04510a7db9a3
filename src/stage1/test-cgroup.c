/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/test.h"
#include "stage1/cgroup.h"

TEST(own_group) {
        static const struct {
                const char *text, *systemd, *unified;
        } rows[] = {
                { "0::/user.slice/x.scope\n", "/user.slice/x.scope", "/user.slice/x.scope" },
                { "0::/\n", "/", "/" },
                { "9:name=systemd:/a.service\n4:memory:/b\n0::/u\n", "/u", "/u" },
                { "9:name=systemd:/\n0::/machine.slice/x.service\n", "/machine.slice/x.service",
                  "/machine.slice/x.service" },
                { "9:name=systemd:/a.service\n0::/\n", "/a.service", "/" },
                { "12:cpu,cpuacct:/a\n1:name=systemd:/b:c\n", "/b:c", NULL },
                { "10:cpu:/x\n0::/y", "/y", "/y" },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_free_ char *systemd = NULL, *unified = NULL;

                CHECK_INT(cgroup_from_text(rows[i].text, &systemd), 0);
                CHECK_STR(systemd, rows[i].systemd);
                CHECK_INT(cgroup_unified_from_text(rows[i].text, &unified), rows[i].unified ? 0 : -ENODATA);
                CHECK_STR(unified, rows[i].unified);
        }
}

TEST(no_group) {
        static const char *const rows[] = { "", "\n", "4:memory:/x\n", "0::\n", "0:\n", "garbage" };
        char *s;

        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                CHECK_INT(cgroup_from_text(rows[i], &s), -ENODATA);
}

TEST(services) {
        static const struct {
                const char *cgroup, *service;
        } rows[] = {
                { "/machine.slice/pod@shop.service", "/machine.slice/pod@shop.service" },
                { "/system.slice/x.service/supervisor", "/system.slice/x.service" },
                { "/system.slice/x.service/.control", "/system.slice/x.service" },
                { "/user.slice/user-0.slice/session-1.scope", NULL },
                { "/user.slice/user-0.slice/user@0.service/app.slice/run-1.service", NULL },
                { "/machine.slice/machine-a.scope/payload/system.slice/b.service", NULL },
                { "/init.scope", NULL },
                { "/", NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_free_ char *service = NULL;

                CHECK_INT(cgroup_service(rows[i].cgroup, &service), 0);
                CHECK_STR(service, rows[i].service);
        }
}

DEFINE_TEST_MAIN()
