/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/test.h"
#include "podfile/unit-text.h"

static void check_quote(const char *s, bool is_command, const char *expected) {
        _cleanup_(string_buf_done) StringBuf b = {};

        CHECK_INT(unit_text_quote(&b, s, is_command), 0);
        CHECK_STR(b.data, expected);
}

TEST(quote) {
        check_quote("", false, "\"\"");
        check_quote("plain /path", false, "\"plain /path\"");
        check_quote("a\"b\\c", false, "\"a\\\"b\\\\c\"");
        check_quote("50%", false, "\"50%%\"");
        check_quote("$x ${y}", false, "\"$x ${y}\"");
        check_quote("$x ${y}", true, "\"$$x $${y}\"");
        check_quote("a\nb\tc\rd\x7f\x01", false, "\"a\\x0ab\\x09c\\x0dd\\x7f\\x01\"");
        check_quote("ä", false, "\"ä\"");
}

TEST(error) {
        _cleanup_free_ char *text = NULL;

        CHECK_INT(unit_text_error("/etc/rkt/pods/x.pod", "/usr/lib/rkt/rkt-pod-error",
                                  "x.pod:1: \"%i\" $y\n[Unit]", &text),
                  0);
        CHECK_STR(text, "# Made by rkt-generator from /etc/rkt/pods/x.pod\n"
                        "[Unit]\n"
                        "SourcePath=/etc/rkt/pods/x.pod\n"
                        "[Service]\n"
                        "ExecStart=\n"
                        "ExecStart=/usr/lib/rkt/rkt-pod-error \"x.pod:1: \\\"%%i\\\" $$y\\x0a[Unit]\"\n"
                        "RestartPreventExitStatus=254\n");
}

TEST(pod) {
        char *volumes[] = { (char *) "a,kind=host,source=/srv//a b/,readOnly=true", (char *) "b,kind=empty",
                            (char *) "c,kind=host,source=/srv/../x", NULL };
        PodFileApp apps[] = { { .image = (char *) "https://x/y" }, { .image = (char *) "/img/a%b" } };
        PodFileLine lines[] = {
                { (char *) "Install", (char *) "WantedBy", (char *) "x.target", NULL, 0 },
                { (char *) "Unit", (char *) "Description", (char *) "d", NULL, 0 },
                { (char *) "Service", (char *) "MemoryMax", (char *) "1G", NULL, 0 },
        };
        const PodFile f = {
                .name = (char *) "x",
                .path = (char *) "/p/x.pod",
                .volumes = volumes,
                .apps = apps,
                .n_apps = 2,
                .lines = lines,
                .n_lines = 3,
                .stop_timeout = 5 * USEC_PER_SEC,
        };
        _cleanup_free_ char *pod = NULL, *fetch = NULL;

        CHECK_INT(unit_text_pod(&f, &pod), 0);
        CHECK_STR(pod, "# Made by rkt-generator from /p/x.pod\n"
                       "[Unit]\n"
                       "SourcePath=/p/x.pod\n"
                       "RequiresMountsFor=\"/srv/a b\"\n"
                       "RequiresMountsFor=\"/img/a%%b\"\n"
                       "Description=d\n"
                       "[Service]\n"
                       "TimeoutStopSec=15s\n"
                       "MemoryMax=1G\n"
                       "[Install]\n"
                       "WantedBy=\n"
                       "WantedBy=x.target\n");
        CHECK_INT(unit_text_fetch(&f, &fetch), 0);
        CHECK_STR(fetch, "# Made by rkt-generator from /p/x.pod\n"
                         "[Unit]\n"
                         "RequiresMountsFor=\"/img/a%%b\"\n"
                         "Wants=network-online.target\n"
                         "After=network-online.target\n");
}

TEST(nothing_to_fetch) {
        PodFileApp app = { .image = (char *) "example.com/x" };
        const PodFile f = {
                .path = (char *) "/p/x.pod", .apps = &app, .n_apps = 1, .stop_timeout = USEC_INFINITY
        };
        _cleanup_free_ char *pod = NULL, *fetch = NULL;

        CHECK_INT(unit_text_fetch(&f, &fetch), 0);
        CHECK_STR(fetch, "");
        CHECK_INT(unit_text_pod(&f, &pod), 0);
        CHECK(strstr(pod, "TimeoutStopSec=infinity\n"));
}

DEFINE_TEST_MAIN()
