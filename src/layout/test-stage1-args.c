/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/test.h"
#include "layout/stage1.h"

#define UUID "4070df26-fa5a-4d05-9a4e-1f2f0e1f9c11"

static void check_joined(char **l, const char *expected) {
        _cleanup_free_ char *joined = strv_join(l, " ");

        CHECK_STR(joined, expected);
}

static void check_message(const Diag *d, const char *expected) {
        _cleanup_free_ char *line = diag_format_line(d);

        CHECK_STR(line, expected);
}

static Stage1RunArgs full_args(void) {
        return (Stage1RunArgs) {
                .debug = true, .interactive = true, .net = (char *) "none",
                        .local_config = (char *) "/etc/rkt",
                .hostname = (char *) "web", .dns_conf_mode = (char *) "resolv=default,hosts=default",
                .disable_capabilities_restriction = true, .disable_paths = true, .disable_seccomp = true,
                .mutable_pod = true, .uuid = (char *) UUID,
        };
}

TEST(run_by_interface_version) {
        static const char *const expected[] = {
                "/init --debug --net=none --interactive --local-config=/etc/rkt " UUID,
                "/init --debug --net=none --interactive --local-config=/etc/rkt --hostname=web " UUID,
                "/init --debug --net=none --interactive --local-config=/etc/rkt --hostname=web "
                "--disable-capabilities-restriction --disable-paths --disable-seccomp " UUID,
                "/init --debug --net=none --interactive --local-config=/etc/rkt --hostname=web "
                "--disable-capabilities-restriction --disable-paths --disable-seccomp "
                "--dns-conf-mode=resolv=default,hosts=default " UUID,
                "/init --debug --net=none --interactive --local-config=/etc/rkt --hostname=web "
                "--disable-capabilities-restriction --disable-paths --disable-seccomp "
                "--dns-conf-mode=resolv=default,hosts=default --mutable " UUID,
        };
        Stage1RunArgs a = full_args();

        for (unsigned v = 1; v <= STAGE1_INTERFACE_VERSION; v++) {
                _cleanup_strv_free_ char **l = NULL;

                CHECK_INT(stage1_run_args_format(&a, "/init", v, &l), 0);
                check_joined(l, expected[v - 1]);
        }
}

TEST(run_round_trip) {
        Stage1RunArgs a = full_args();
        _cleanup_(stage1_run_args_done) Stage1RunArgs b = {};
        _cleanup_strv_free_ char **l = NULL;

        CHECK_INT(stage1_run_args_format(&a, "/init", STAGE1_INTERFACE_VERSION, &l), 0);
        CHECK_INT(stage1_run_args_parse((int) strv_length(l), l, &b, NULL), 0);
        CHECK(b.debug && b.interactive && b.disable_capabilities_restriction && b.disable_paths);
        CHECK(b.disable_seccomp && b.mutable_pod);
        CHECK_STR(b.net, "none");
        CHECK_STR(b.local_config, "/etc/rkt");
        CHECK_STR(b.hostname, "web");
        CHECK_STR(b.dns_conf_mode, "resolv=default,hosts=default");
        CHECK_STR(b.uuid, UUID);
}

static int parse_run(const char *arg1, const char *arg2, Stage1RunArgs *ret, Diag *diag) {
        char *argv[] = { (char *) "/init", (char *) arg1, (char *) arg2, NULL };

        return stage1_run_args_parse(arg2 ? 3 : arg1 ? 2 : 1, argv, ret, diag);
}

TEST(run_errors) {
        static const struct {
                const char *arg1, *arg2;
                int error;
                const char *message;
        } rows[] = {
                { NULL, NULL, -EINVAL, "UUID is missing or malformed" },
                { "x", NULL, -EINVAL, "UUID is missing or malformed" },
                { UUID, UUID, -EINVAL, "UUID is missing or malformed" },
                { "--nope=1", UUID, -EINVAL, "unknown argument \"--nope\"" },
                { "--ne=host", UUID, -EINVAL, "unknown argument \"--ne\"" },
                { "--net", UUID, -EINVAL, "argument \"--net\" has a bad value" },
                { "--debug=maybe", UUID, -EINVAL, "argument \"--debug\" has a bad value" },
                { "--private-users=0:65536", UUID, -EOPNOTSUPP,
                  "--private-users is not supported by this version" },
                { "--mds-token=x", UUID, -EOPNOTSUPP, "--mds-token is not supported by this version" },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_diag_ Diag d = {};
                Stage1RunArgs a;

                CHECK_INT(parse_run(rows[i].arg1, rows[i].arg2, &a, &d), rows[i].error);
                check_message(&d, rows[i].message);
        }
}

TEST(booleans) {
        _cleanup_(stage1_run_args_done) Stage1RunArgs a = {};

        CHECK_INT(parse_run("--debug=false", UUID, &a, NULL), 0);
        CHECK(!a.debug);
}

TEST(enter) {
        char *command[] = { (char *) "/bin/sh", (char *) "-c", (char *) "--pid=1", NULL };
        Stage1EnterArgs a = { .pid = 77, .app_name = (char *) "web", .command = command };
        _cleanup_(stage1_enter_args_done) Stage1EnterArgs b = {};
        _cleanup_strv_free_ char **l = NULL;
        _cleanup_diag_ Diag d = {};

        CHECK_INT(stage1_enter_args_format(&a, "/enter", &l), 0);
        check_joined(l, "/enter --pid=77 --appname=web -- /bin/sh -c --pid=1");
        CHECK_INT(stage1_enter_args_parse((int) strv_length(l), l, &b, NULL), 0);
        CHECK_INT(b.pid, 77);
        CHECK_STR(b.app_name, "web");
        CHECK(strv_equal(b.command, command));

        CHECK_INT(stage1_enter_args_parse(2, (char *[]) { l[0], l[2], NULL }, &b, &d), -EINVAL);
        check_message(&d, "argument \"--pid\" is missing");
        CHECK_INT(stage1_enter_args_parse(4, l, &b, &d), -EINVAL);
        check_message(&d, "command is missing");
        char *zero[] = { (char *) "/enter", (char *) "--pid=0", (char *) "--", (char *) "x", NULL };
        CHECK_INT(stage1_enter_args_parse(4, zero, &b, &d), -EINVAL);
        check_message(&d, "argument \"--pid\" has a bad value");
}

TEST(uuid_arguments) {
        Stage1UuidArgs a = { .debug = true, .force = true, .uuid = (char *) UUID };
        _cleanup_(stage1_uuid_args_done) Stage1UuidArgs b = {};
        _cleanup_strv_free_ char **l = NULL;

        CHECK_INT(stage1_uuid_args_format(&a, "/stop", &l), 0);
        check_joined(l, "/stop --debug --force " UUID);
        CHECK_INT(stage1_uuid_args_parse((int) strv_length(l), l, &b, NULL), 0);
        CHECK(b.debug && b.force && !b.local_config);
        CHECK_STR(b.uuid, UUID);
}

DEFINE_TEST_MAIN()
