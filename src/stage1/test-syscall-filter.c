/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/strv.h"
#include "basic/test.h"
#include "stage1/syscall-filter.h"

static int make(const char *name, const char *value, SyscallFilter *ret, Diag *diag) {
        IsolatorList l = {};
        int r;

        if (name)
                CHECK_INT(isolator_list_set(&l, name, value), 0);
        r = syscall_filter_from_isolators(&l, ret, diag);
        isolator_list_done(&l);
        return r;
}

TEST(default_filter) {
        _cleanup_(syscall_filter_done) SyscallFilter f = {};
        _cleanup_(string_buf_done) StringBuf b = {};

        CHECK_INT(make(NULL, NULL, &f, NULL), 0);
        CHECK_INT(f.mode, SYSCALL_DENY);
        CHECK_STR(f.errno_name, "EPERM");
        CHECK(strv_contains(f.calls, "mount") && strv_contains(f.calls, "ptrace") &&
              strv_contains(f.calls, "bpf"));
        CHECK(!strv_contains(f.calls, "clone3") && !strv_contains(f.calls, "openat"));
        CHECK_INT(syscall_filter_write(&f, &b), 0);
        CHECK(startswith(b.data, "SystemCallArchitectures=native\nSystemCallErrorNumber=EPERM\n"
                         "SystemCallFilter=~ "));
}

TEST(retain) {
        _cleanup_(syscall_filter_done) SyscallFilter f = {};
        _cleanup_(string_buf_done) StringBuf b = {};

        CHECK_INT(make(ISOLATOR_SECCOMP_RETAIN,
                       "{\"set\":[\"read\",\"@systemd/io-event\",\"@appc.io/empty\"],"
                       "\"errno\":\"ENOTSUP\"}", &f,
                       NULL), 0);
        CHECK_INT(f.mode, SYSCALL_ALLOW);
        CHECK_INT(syscall_filter_write(&f, &b), 0);
        CHECK_STR(b.data, "SystemCallArchitectures=native\nSystemCallErrorNumber=ENOTSUP\n"
                          "SystemCallFilter=@default read @io-event\n");
}

TEST(retain_default_and_more) {
        _cleanup_(syscall_filter_done) SyscallFilter f = {};

        CHECK_INT(make(ISOLATOR_SECCOMP_RETAIN, "{\"set\":[\"@rkt/default-whitelist\",\"umount2\"]}", &f,
                       NULL), 0);
        CHECK_INT(f.mode, SYSCALL_ALLOW);
        CHECK(strv_contains(f.calls, "openat") && strv_contains(f.calls, "umount2"));
        CHECK(!strv_contains(f.calls, "mount"));
}

TEST(remove) {
        _cleanup_(syscall_filter_done) SyscallFilter f = {};
        _cleanup_(string_buf_done) StringBuf b = {};

        CHECK_INT(make(ISOLATOR_SECCOMP_REMOVE, "{\"set\":[\"socket\",\"bind\"]}", &f, NULL), 0);
        CHECK_INT(syscall_filter_write(&f, &b), 0);
        CHECK_STR(b.data, "SystemCallArchitectures=native\nSystemCallErrorNumber=EPERM\n"
                          "SystemCallFilter=~ socket bind\n");
}

TEST(long_sets_are_several_lines) {
        _cleanup_(syscall_filter_done) SyscallFilter f = {};
        _cleanup_(string_buf_done) StringBuf b = {};
        size_t n = 0;

        CHECK_INT(make(ISOLATOR_SECCOMP_REMOVE, "{\"set\":[\"@rkt/default-blacklist\"]}", &f, NULL), 0);
        CHECK_INT(syscall_filter_write(&f, &b), 0);
        for (const char *line = b.data; (line = strstr(line, "SystemCallFilter=")); n++) {
                line += strlen("SystemCallFilter=");
                CHECK(startswith(line, "~ "));
                CHECK(strcspn(line, "\n") < 512);
        }
        CHECK(n > 3);
}

TEST(unfiltered) {
        _cleanup_(syscall_filter_done) SyscallFilter all = {};
        _cleanup_(string_buf_done) StringBuf b = {};

        CHECK_INT(make(ISOLATOR_SECCOMP_RETAIN, "{\"set\":[\"@appc.io/all\"]}", &all, NULL), 0);
        CHECK_INT(all.mode, SYSCALL_UNFILTERED);
        CHECK_INT(syscall_filter_write(&all, &b), 0);
        CHECK(!b.data);
}

TEST(remove_nothing_is_the_default) {
        _cleanup_(syscall_filter_done) SyscallFilter f = {};

        CHECK_INT(make(ISOLATOR_SECCOMP_REMOVE, "{\"set\":[\"@appc.io/empty\"]}", &f, NULL), 0);
        CHECK_INT(f.mode, SYSCALL_DENY);
        CHECK(strv_contains(f.calls, "mount"));
}

TEST(nothing_retained) {
        _cleanup_(syscall_filter_done) SyscallFilter f = {};
        _cleanup_(string_buf_done) StringBuf b = {};

        CHECK_INT(make(ISOLATOR_SECCOMP_RETAIN, "{\"set\":[\"@appc.io/empty\"]}", &f, NULL), 0);
        CHECK_INT(f.mode, SYSCALL_ALLOW);
        CHECK_INT(syscall_filter_write(&f, &b), 0);
        CHECK(endswith(b.data, "SystemCallFilter=@default\n"));
}

TEST(refused) {
        static const char *const values[] = {
                "{\"set\":[\"@rkt/other\"]}",
                "{\"set\":[\"@mount\"]}",
                "{\"set\":[\"@appc.io/all\"]}",
                "{\"set\":[\"read\\nExecStart=/x\"]}",
                "{\"set\":[\"read write\"]}",
                "{\"set\":[\"read:kill\"]}",
                "{\"set\":[\"read\"],\"errno\":\"E PERM\"}",
                "{\"set\":[\"read\"],\"errno\":\"kill\"}",
        };

        for (size_t i = 0; i < ELEMENTSOF(values); i++) {
                _cleanup_diag_ Diag d = {};
                SyscallFilter f;

                CHECK_INT(make(ISOLATOR_SECCOMP_REMOVE, values[i], &f, &d), -EBADMSG);
                CHECK(diag_is_set(&d));
        }
}

DEFINE_TEST_MAIN()
