/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/capability.h>

#include "appc/isolators.h"
#include "basic/strv.h"
#include "basic/test.h"

#define BIT(c) (UINT64_C(1) << (c))

static void list_init(IsolatorList *l, const char *const pairs[][2]) {
        IsolatorList one = {};

        for (size_t i = 0; pairs[i][0]; i++) {
                /* isolator_list_set() would replace one of the same name */
                Isolator *items = reallocarray(one.items, one.n + 1, sizeof(Isolator));
                CHECK(items);
                one.items = items;
                one.items[one.n++] = (Isolator){ strdup(pairs[i][0]), strdup(pairs[i][1]) };
        }
        *l = one;
}

typedef struct QuantityCase {
        const char *text;
        int64_t milli;
        const char *canonical;
} QuantityCase;

static const QuantityCase quantities[] = {
        { "0", 0, "0" },
        { "0.000", 0, "0" },
        { "-0", 0, "0" },
        { "1", 1000, "1" },
        { "+1", 1000, "1" },
        { "-1.5", -1500, "-1500m" },
        { "500m", 500, "500m" },
        { "0.5", 500, "500m" },
        { ".5", 500, "500m" },
        { "1.", 1000, "1" },
        { "1.5", 1500, "1500m" },
        { "0.1m", 1, "100u" },
        { "1u", 1, "1u" },
        { "1n", 1, "1n" },
        { "1000u", 1, "1m" },
        { "1001u", 2, "1001u" },
        { "0n", 0, "0" },
        { "1000", 1000000, "1k" },
        { "1024", 1024000, "1024" },
        { "50M", 50000000000, "50M" },
        { "1024M", 1024000000000, "1024M" },
        { "1000M", 1000000000000, "1G" },
        { "1K", 1000000, "1k" },
        { "1k", 1000000, "1k" },
        { "128Mi", 134217728000, "128Mi" },
        { "1024Ki", 1048576000, "1Mi" },
        { "0.5Ki", 512000, "512" },
        { "1.5Gi", 1610612736000, "1536Mi" },
        { "0.5Gi", 536870912000, "512Mi" },
        { "0.1Ki", 102400, "0.1Ki" },
        { "1e3", 1000000, "1e3" },
        { "1E3", 1000000, "1e3" },
        { "12e2", 1200000, "1200" },
        { "1e-3", 1, "1e-3" },
        { "1e+2", 100000, "100" },
        { "1E", INT64_MAX, "1E" },
        { "1P", 1000000000000000000, "1P" },
        { "9223372036854775.807", INT64_MAX, "9223372036854775807m" },
        { "9223372036854775.806", INT64_MAX - 1, "9223372036854775806m" },
        { "9223372036854775.808", INT64_MAX, "9223372036854775808m" },
        { "-9223372036854775.808", -INT64_MAX, "-9223372036854775808m" },
        { "8Ei", INT64_MAX, "8Ei" },
        { "1e999", INT64_MAX, "1e999" },
        { "1e1000", INT64_MAX, "10e999" },
        { "1e-999", 1, "1e-999" },
        { "0e999", 0, "0" },
        { "99999999999999999999999999999999", INT64_MAX, "99999999999999999999999999999999" },
        { "99999999999999999999999999999999n", INT64_MAX, "99999999999999999999999999999999n" },
        { "1.00000000000000000000000001", 1001, "1.00000000000000000000000001" },
        { "0.00000000000000000000000001", 1, "0.00000000000000000000000001" },
        { "100000000000000000000000000n", INT64_MAX, "100P" },
};

TEST(quantities) {
        for (size_t i = 0; i < ELEMENTSOF(quantities); i++) {
                const QuantityCase *c = &quantities[i];
                _cleanup_free_ char *canonical = NULL;
                int64_t milli = -7;

                CHECK_INT(quantity_parse_milli(c->text, &milli, NULL), 0);
                if (milli != c->milli)
                        test_fail(__FILE__, __LINE__, "%s is %lld, expected %lld", c->text, (long long) milli,
                                  (long long) c->milli);
                CHECK_INT(quantity_canonical(c->text, &canonical, NULL), 0);
                CHECK_STR(canonical, c->canonical);
        }
}

TEST(bad_quantities) {
        static const char *const bad[] = {
                "",         "-",
                ".",        "m",
                "+",        "1x",
                "1 ",       " 1",
                "1mm",      "1ki",
                "1KI",      "1i",
                "1e",       "1ee3",
                "1e3m",     "1e1.5",
                "1..5",     "1.5.",
                "--1",      "0x10",
                "1,5",      "1MM",
                "1Mib",     "1MB",
                "infinity", "nan", "1e1001", "1e-99999999999999",
                "1\n",      "11111111111111111111111111111111111111111111111111111111111111111",
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_diag_ Diag diag = {};
                int64_t milli = 7;
                char *canonical;

                if (quantity_parse_milli(bad[i], &milli, &diag) != -EINVAL)
                        test_fail(__FILE__, __LINE__, "accepted \"%s\"", bad[i]);
                CHECK_INT(milli, 7);
                CHECK_INT(quantity_canonical(bad[i], &canonical, NULL), -EINVAL);
                CHECK(endswith(diag.message, "\" is not a quantity (such as 500m, 1.5, 42Mi, 50M or 1e3)"));
        }
}

TEST(quantity_message_is_escaped) {
        _cleanup_diag_ Diag diag = {};
        int64_t milli;

        CHECK_INT(quantity_parse_milli("\x1b[1", &milli, &diag), -EINVAL);
        CHECK_STR(diag.message, "\"\\x1b[1\" is not a quantity (such as 500m, 1.5, 42Mi, 50M or 1e3)");
}

TEST(resource_value) {
        _cleanup_free_ char *a = NULL, *b = NULL;
        _cleanup_diag_ Diag diag = {};
        char *c;

        CHECK_INT(isolator_resource_value("128M", &a, NULL), 0);
        CHECK_STR(a, "{\"default\":false,\"request\":\"128M\",\"limit\":\"128M\"}");
        CHECK_INT(isolator_resource_value("0.5", &b, NULL), 0);
        CHECK_STR(b, "{\"default\":false,\"request\":\"500m\",\"limit\":\"500m\"}");
        CHECK_INT(isolator_resource_value("0", &c, &diag), -EINVAL);
        CHECK_STR(diag.message, "\"0\" is not above zero");
        CHECK_INT(isolator_resource_value("-1", &c, &diag), -EINVAL);
        CHECK_INT(isolator_resource_value("lots", &c, &diag), -EINVAL);
        CHECK_STR(diag.message, "\"lots\" is not a quantity (such as 500m, 1.5, 42Mi, 50M or 1e3)");
}

static int get_limits(const char *const pairs[][2], AppLimits *ret, Diag *diag) {
        _cleanup_(isolator_list_done) IsolatorList l = {};

        list_init(&l, pairs);
        return isolators_get_limits(&l, ret, diag);
}

TEST(limits) {
        AppLimits limits = { 1, 1 };

        CHECK_INT(get_limits((const char *[][2]){ { NULL } }, &limits, NULL), 0);
        CHECK_INT(limits.memory_bytes, 0);
        CHECK_INT(limits.cpu_milli, 0);

        CHECK_INT(get_limits((const char *[][2]){ { ISOLATOR_MEMORY, "{\"limit\":\"1G\",\"request\":\"2\"}" },
                                                  { ISOLATOR_CPU, "{\"limit\":\"0.25\",\"x\":[]}" },
                                                  { "example.com/x", "7" },
                                                  { NULL } },
                             &limits, NULL), 0);
        CHECK_INT(limits.memory_bytes, 1000000000);
        CHECK_INT(limits.cpu_milli, 250);

        /* the last of a name holds; a bare number; a fraction of a byte is rounded up; no limit in the
         * value */
        CHECK_INT(get_limits((const char *[][2]){ { ISOLATOR_MEMORY, "{\"limit\":\"1G\"}" },
                                                  { ISOLATOR_MEMORY, "{\"limit\":4096.5}" },
                                                  { ISOLATOR_CPU, "{\"request\":\"1\",\"limit\":null}" },
                                                  { NULL } },
                             &limits, NULL), 0);
        CHECK_INT(limits.memory_bytes, 4097);
        CHECK_INT(limits.cpu_milli, 0);
}

TEST(bad_limits) {
        static const char *const cases[][3] = {
                { ISOLATOR_MEMORY, "\"1G\"", "field \"resource/memory\": expected object, got string" },
                { ISOLATOR_MEMORY, "{\"limit\":true}",
                  "field \"resource/memory.limit\": expected string, got boolean" },
                { ISOLATOR_MEMORY, "{\"Limit\":\"1\"}",
                  "field \"resource/memory.Limit\": must be written \"limit\"" },
                { ISOLATOR_MEMORY, "{\"limit\":\"1GB\"}",
                  "field \"resource/memory.limit\": \"1GB\" is not a quantity (such as 500m, 1.5, 42Mi, 50M "
                  "or 1e3)" },
                { ISOLATOR_CPU, "{\"limit\":\"0\"}", "field \"resource/cpu.limit\": must be above zero" },
                { ISOLATOR_CPU, "{\"limit\":-1}", "field \"resource/cpu.limit\": must be above zero" },
                { ISOLATOR_CPU, "{\"request\":\"-1\"}",
                  "field \"resource/cpu.request\": must be above zero" },
                { ISOLATOR_CPU, "{", "unexpected end of input" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_diag_ Diag diag = {};
                AppLimits limits = { 7, 7 };

                CHECK_INT(get_limits((const char *[][2]){ { cases[i][0], cases[i][1] }, { NULL } }, &limits,
                                     &diag),
                          -EBADMSG);
                CHECK_STR(diag.message, cases[i][2]);
                CHECK_INT(limits.memory_bytes, 7);
        }
}

static int get_capabilities(const char *const pairs[][2], bool all, uint64_t *ret, Diag *diag) {
        _cleanup_(isolator_list_done) IsolatorList l = {};

        list_init(&l, pairs);
        return isolators_get_capabilities(&l, all, ret, diag);
}

static const uint64_t default_set = BIT(CAP_AUDIT_WRITE) | BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) |
        BIT(CAP_FSETID) | BIT(CAP_FOWNER) | BIT(CAP_KILL) | BIT(CAP_MKNOD) | BIT(CAP_NET_RAW) |
        BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP) | BIT(CAP_SETFCAP) |
        BIT(CAP_SYS_CHROOT);

TEST(capability_names) {
        for (unsigned c = 0; c <= CAP_LAST_CAP; c++) {
                CHECK(startswith(capability_to_string(c), "CAP_"));
                CHECK_INT(capability_from_string(capability_to_string(c)), c);
        }
        CHECK(!capability_to_string(CAP_LAST_CAP + 1));
        CHECK_INT(capability_from_string("CAP_SYS_ADMIN"), CAP_SYS_ADMIN);
        CHECK_INT(capability_from_string("cap_sys_admin"), -EINVAL);
        CHECK_INT(capability_from_string("SYS_ADMIN"), -EINVAL);
        CHECK_INT(capability_from_string(""), -EINVAL);
}

TEST(capabilities) {
        uint64_t mask;

        CHECK_INT(get_capabilities((const char *[][2]){ { NULL } }, false, &mask, NULL), 0);
        CHECK(mask == default_set);
        CHECK_INT(get_capabilities((const char *[][2]){ { ISOLATOR_CAPS_RETAIN,
                                                          "{\"set\":[\"CAP_NET_ADMIN\",\"CAP_KILL\"]}" },
                                                        { ISOLATOR_CAPS_RETAIN, "{\"set\":[\"CAP_CHOWN\"]}" },
                                                        { NULL } },
                                   false, &mask, NULL), 0);
        CHECK(mask == (BIT(CAP_NET_ADMIN) | BIT(CAP_KILL) | BIT(CAP_CHOWN)));
        CHECK_INT(get_capabilities((const char *[][2]){ { ISOLATOR_CAPS_REMOVE,
                                                          "{\"set\":[\"CAP_SYS_ADMIN\",\"CAP_MKNOD\"]}" },
                                                        { ISOLATOR_CAPS_REMOVE, "{\"set\":[\"CAP_KILL\"]}" },
                                                        { NULL } },
                                   false, &mask, NULL), 0);
        CHECK(mask == (default_set & ~BIT(CAP_MKNOD) & ~BIT(CAP_KILL)));
        CHECK_INT(get_capabilities((const char *[][2]){ { ISOLATOR_CAPS_REMOVE, "{\"set\":[\"CAP_CHOWN\"]}" },
                                                        { NULL } },
                                   true, &mask, NULL), 0);
        CHECK(mask == BIT(CAP_LAST_CAP + 1) - 1);
}

TEST(bad_capabilities) {
        static const char *const cases[][2] = {
                { "{}", "field \"os/linux/capabilities-retain-set.set\": required, but missing" },
                { "{\"set\":[]}", "field \"os/linux/capabilities-retain-set.set\": must not be empty" },
                { "{\"set\":[\"CAP_KILL\",\"CAP_ROOT\\n\"]}",
                  "field \"os/linux/capabilities-retain-set.set[1]\": unknown capability \"CAP_ROOT\\x0a\"" },
                { "{\"set\":[\"cap_kill\"]}",
                  "field \"os/linux/capabilities-retain-set.set[0]\": unknown capability \"cap_kill\"" },
                { "{\"set\":[null]}",
                  "field \"os/linux/capabilities-retain-set.set[0]\": expected string, got null" },
                { "[\"CAP_KILL\"]",
                  "field \"os/linux/capabilities-retain-set\": expected object, got array" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_diag_ Diag diag = {};
                uint64_t mask = 7;

                CHECK_INT(get_capabilities(
                                  (const char *[][2]){ { ISOLATOR_CAPS_RETAIN, cases[i][0] }, { NULL } },
                                  false, &mask, &diag),
                          -EBADMSG);
                CHECK_STR(diag.message, cases[i][1]);
                CHECK_INT(mask, 7);
        }
}

TEST(both_capability_sets) {
        _cleanup_diag_ Diag diag = {};
        uint64_t mask;

        CHECK_INT(get_capabilities((const char *[][2]){ { ISOLATOR_CAPS_REMOVE, "{\"set\":[\"CAP_CHOWN\"]}" },
                                                        { ISOLATOR_CAPS_RETAIN, "{\"set\":[\"CAP_CHOWN\"]}" },
                                                        { NULL } },
                                   false, &mask, &diag), -EBADMSG);
        CHECK_STR(diag.message,
                  "cannot have both os/linux/capabilities-retain-set and os/linux/capabilities-remove-set");
}

static int get_seccomp(const char *const pairs[][2], SeccompSet *ret, Diag *diag) {
        _cleanup_(isolator_list_done) IsolatorList l = {};

        list_init(&l, pairs);
        return isolators_get_seccomp(&l, ret, diag);
}

TEST(seccomp) {
        _cleanup_(seccomp_set_done) SeccompSet none = {}, retain = {}, deny = {};

        CHECK_INT(get_seccomp((const char *[][2]){ { NULL } }, &none, NULL), 0);
        CHECK(!none.calls && !none.errno_name && !none.retain);

        CHECK_INT(get_seccomp((const char *[][2]){ { ISOLATOR_SECCOMP_RETAIN,
                                                     "{\"set\":[\"@rkt/default-whitelist\",\"umount2\"],"
                                                     "\"errno\":\"\"}" },
                                                   { NULL } },
                              &retain, NULL), 0);
        CHECK(retain.retain && !retain.errno_name);
        CHECK_INT(strv_length(retain.calls), 2);
        CHECK_STR(retain.calls[1], "umount2");

        CHECK_INT(get_seccomp((const char *[][2]){ { ISOLATOR_SECCOMP_REMOVE,
                                                     "{\"errno\":\"ENOTSUP\",\"set\":[\"reboot\"]}" },
                                                   { NULL } },
                              &deny, NULL), 0);
        CHECK(!deny.retain);
        CHECK_STR(deny.errno_name, "ENOTSUP");
}

TEST(bad_seccomp) {
        static const char *const cases[][2] = {
                { "{\"set\":[]}", "field \"os/linux/seccomp-remove-set.set\": must not be empty" },
                { "{\"errno\":\"EPERM\"}",
                  "field \"os/linux/seccomp-remove-set.set\": required, but missing" },
                { "{\"set\":[\"\"]}", "field \"os/linux/seccomp-remove-set.set[0]\": not the name of a "
                                      "system call or of a set of them" },
                { "{\"set\":[\"read\",\"a b\"]}", "field \"os/linux/seccomp-remove-set.set[1]\": not the "
                                                  "name of a system call or of a set of them" },
                { "{\"set\":[\"~read\"]}", "field \"os/linux/seccomp-remove-set.set[0]\": not the name of a "
                                           "system call or of a set of them" },
                { "{\"set\":[\"@\"]}", "field \"os/linux/seccomp-remove-set.set[0]\": not the name of a "
                                       "system call or of a set of them" },
                { "{\"set\":[\"read\"],\"errno\":\"perm\"}",
                  "field \"os/linux/seccomp-remove-set.errno\": not the name of an error number, such as "
                  "\"EPERM\"" },
                { "{\"set\":[\"read\"],\"errno\":\"E\"}", "field \"os/linux/seccomp-remove-set.errno\": not "
                                                          "the name of an error number, such as \"EPERM\"" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_diag_ Diag diag = {};
                SeccompSet s = {};

                CHECK_INT(
                        get_seccomp((const char *[][2]){ { ISOLATOR_SECCOMP_REMOVE, cases[i][0] }, { NULL } },
                                    &s, &diag),
                        -EBADMSG);
                CHECK_STR(diag.message, cases[i][1]);
                CHECK(!s.calls && !s.errno_name);
        }
}

TEST(one_seccomp_isolator_only) {
        _cleanup_diag_ Diag diag = {};
        SeccompSet s = {};

        CHECK_INT(get_seccomp((const char *[][2]){ { ISOLATOR_SECCOMP_REMOVE, "{\"set\":[\"read\"]}" },
                                                   { ISOLATOR_SECCOMP_RETAIN, "{\"set\":[\"read\"]}" },
                                                   { NULL } },
                              &s, &diag), -EBADMSG);
        CHECK_STR(diag.message, "too many seccomp isolators specified");
}

TEST(no_new_privileges) {
        _cleanup_(isolator_list_done) IsolatorList l = {};
        _cleanup_diag_ Diag diag = {};
        bool b = true;

        CHECK_INT(isolators_get_no_new_privileges(&l, &b, NULL), 0);
        CHECK(!b);
        CHECK_INT(isolator_list_set(&l, ISOLATOR_NO_NEW_PRIVILEGES, "true"), 0);
        CHECK_INT(isolators_get_no_new_privileges(&l, &b, NULL), 0);
        CHECK(b);
        CHECK_INT(isolator_list_set(&l, ISOLATOR_NO_NEW_PRIVILEGES, "\"true\""), 0);
        CHECK_INT(isolators_get_no_new_privileges(&l, &b, &diag), -EBADMSG);
        CHECK_STR(diag.message, "field \"os/linux/no-new-privileges\": expected boolean, got string");
}

DEFINE_TEST_MAIN()
