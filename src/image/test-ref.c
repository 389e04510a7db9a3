/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/strv.h"
#include "basic/test.h"
#include "image/ref.h"

static void check_ok(const char *s, ImageRefKind kind, const char *location) {
        _cleanup_(image_ref_done) ImageRef r = {};
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(image_ref_parse(s, &r, &diag), 0);
        CHECK_INT(r.kind, kind);
        CHECK_STR(r.text, s);
        if (location)
                CHECK_STR(r.location, location);
}

static void check_bad(const char *s, const char *message) {
        _cleanup_(image_ref_done) ImageRef r = {};
        _cleanup_diag_ Diag diag = {};

        CHECK_INT(image_ref_parse(s, &r, &diag), -EINVAL);
        CHECK_STR(diag.message, message);
        CHECK(!r.text);
}

TEST(kinds) {
        check_ok("/a/b.aci", IMAGE_REF_PATH, "/a/b.aci");
        check_ok("/a//b", IMAGE_REF_PATH, "/a/b");
        check_ok("file:///a/b%20c.aci", IMAGE_REF_PATH, "/a/b c.aci");
        check_ok("file://localhost/a", IMAGE_REF_PATH, "/a");
        check_ok("https://example.com/x.aci", IMAGE_REF_URL, "https://example.com/x.aci");
        check_ok("http://[::1]:8080/x?y=z", IMAGE_REF_URL, "http://[::1]:8080/x?y=z");
        check_ok("docker://busybox", IMAGE_REF_DOCKER, "docker://busybox");
        check_ok("docker:busybox", IMAGE_REF_DOCKER, "docker:busybox");
        check_ok("oci:/some/layout", IMAGE_REF_OCI, "oci:/some/layout");
        check_ok("sha512-ABcd", IMAGE_REF_ID, "sha512-abcd");
        check_ok("coreos.com/etcd", IMAGE_REF_NAME, NULL);
        check_ok("redis", IMAGE_REF_NAME, NULL);
}

TEST(relative_paths) {
        _cleanup_free_ char *dir = test_tmpdir(), *expected = NULL;
        _cleanup_close_ int fd = -EBADF;

        CHECK(chdir(dir) == 0);
        /* The directory may be reached through a symlink. */
        _cleanup_free_ char *cwd = getcwd(NULL, 0);
        CHECK(expected = strjoin(cwd, "/x.aci", NULL));
        check_ok("x.aci", IMAGE_REF_PATH, expected);
        check_ok("./x.aci", IMAGE_REF_PATH, expected);

        /* A regular file of that name in the current directory beats the name. */
        CHECK((fd = open("redis", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) >= 0);
        free(expected);
        CHECK(expected = strjoin(cwd, "/redis", NULL));
        check_ok("redis", IMAGE_REF_PATH, expected);
        CHECK(unlink("redis") == 0);
        CHECK(mkdir("redis", 0700) == 0);
        check_ok("redis", IMAGE_REF_NAME, NULL);
        CHECK(chdir("/") == 0);
}

TEST(names_and_labels) {
        _cleanup_(image_ref_done) ImageRef r = {};

        CHECK_INT(image_ref_parse("example.com/reduce-worker:1.0%2B2,arch=amd64,os=linux", &r, NULL), 0);
        CHECK_STR(r.name, "example.com/reduce-worker");
        CHECK_INT(r.labels.n, 3);
        CHECK_STR(name_value_list_get(&r.labels, "version"), "1.0+2");
        CHECK_STR(name_value_list_get(&r.labels, "arch"), "amd64");
        CHECK_STR(name_value_list_get(&r.labels, "os"), "linux");
}

TEST(bad) {
        check_bad("", "invalid image string \"\": it is empty");
        check_bad("sha512-", "invalid image string \"sha512-\": an image ID is \"sha512-\" and 2 to 128 "
                             "hexadecimal digits");
        check_bad("sha512-../../x",
                  "invalid image string \"sha512-../../x\": an image ID is \"sha512-\" and 2 to "
                  "128 hexadecimal digits");
        check_bad("file://host/x", "invalid image string \"file://host/x\": expected file:///PATH");
        check_bad("file:///a%00b", "invalid image string \"file:///a%00b\": bad %-escape in the path");
        check_bad("file:///a%4", "invalid image string \"file:///a%4\": bad %-escape in the path");
        check_bad("https:///x", "invalid image string \"https:///x\": the URL names no host");
        check_bad("https://u@/x", "invalid image string \"https://u@/x\": the URL names no host");
        check_bad("https://h/a b",
                  "invalid image string \"https://h/a b\": the URL has a character that must be "
                  "percent-encoded");
        check_bad("ftp://h/a",
                  "invalid image string \"ftp://h/a\": only the URL schemes file, http, https, docker "
                  "and oci are known");
        check_bad("docker://", "invalid image string \"docker://\": nothing follows the scheme");
        check_bad("cimd:docker:v=0:busybox",
                  "invalid image string \"cimd:docker:v=0:busybox\": cimd: distribution "
                  "points are not supported by this version");
        check_bad("a:1,b", "invalid image string \"a:1,b\": expected LABEL=VALUE after the \",\"");
        check_bad("a:1:2",
                  "invalid image string \"a:1:2\": a \":\" may stand only once, right after the name");
        check_bad("a,b=c:d",
                  "invalid image string \"a,b=c:d\": a \":\" may stand only once, right after the name");
        check_bad("a,version=1,version=2",
                  "invalid image string \"a,version=1,version=2\": a label is given twice");
        check_bad("a:1,version=2", "invalid image string \"a:1,version=2\": a label is given twice");
        check_bad("a,name=b", "invalid image string \"a,name=b\": \"name\" can't be a label");
        check_bad("a:", "invalid image string \"a:\": a label's value is empty");
        check_bad("a,x=%zz",
                  "invalid image string \"a,x=%zz\": a label's value has a bad %-escape or character");
        check_bad("A\x1b",
                  "invalid image string \"A\\x1b\": the name must be an AC Identifier (lower-case letters, "
                  "digits, and -._~/ between them)");
}

DEFINE_TEST_MAIN()
