/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <sys/stat.h>

#include "basic/log.h"
#include "basic/test.h"

static FILE *capture;
static int real_stderr;

static void capture_begin(void) {
        capture = tmpfile();
        CHECK(capture);
        real_stderr = dup(STDERR_FILENO);
        CHECK(dup2(fileno(capture), STDERR_FILENO) >= 0);
}

static void capture_end(const char *expected) {
        char text[4096];

        CHECK(dup2(real_stderr, STDERR_FILENO) >= 0);
        close(real_stderr);
        rewind(capture);
        text[fread(text, 1, sizeof(text) - 1, capture)] = '\0';
        fclose(capture);
        CHECK_STR(text, expected);
}

TEST(lines) {
        unsetenv("JOURNAL_STREAM");
        capture_begin();
        log_setup("run", /* debug= */ false);
        log_error("a %d", 1);
        log_debug("hidden");
        log_full(LOG_LEVEL_DEBUG, "hidden");
        log_set_prefix("stage0");
        log_info("esc \x1b[0m");
        CHECK_INT(log_error_errno(-ENOENT, "cannot open \"%s\"", "x"), -ENOENT);
        CHECK_INT(log_oom(), -ENOMEM);
        log_setup(NULL, /* debug= */ true);
        log_debug("seen");
        capture_end("run: a 1\n"
                    "stage0: esc \\x1b[0m\n"
                    "stage0: cannot open \"x\": No such file or directory\n"
                    "stage0: Out of memory\n"
                    "seen\n");
}

TEST(diag) {
        _cleanup_diag_ Diag d = {};

        capture_begin();
        log_setup("rm", /* debug= */ false);
        CHECK_INT(log_diag(NULL, -EPERM), -EPERM);
        CHECK_INT(log_diag(&d, -EPERM), -EPERM);
        diag_set(&d, -ENOENT, "inner");
        diag_wrap(&d, -EIO, "outer");
        diag_hint(&d, -EIO, "Try again");
        CHECK_INT(log_diag(&d, -EIO), -EIO);
        capture_end("rm: Operation not permitted\n"
                    "rm: Operation not permitted\n"
                    "rm: outer\n"
                    "  └─inner\n"
                    "Try again\n");
}

TEST(journal) {
        struct stat st;

        capture_begin();
        CHECK(fstat(STDERR_FILENO, &st) >= 0);
        _cleanup_free_ char *stream = xasprintf("%llu:%llu", (unsigned long long) st.st_dev,
                                                (unsigned long long) st.st_ino);
        CHECK(setenv("JOURNAL_STREAM", stream, 1) >= 0);
        log_setup("gc", /* debug= */ true);
        log_warning("two\nlines");
        log_debug("d");
        CHECK(setenv("JOURNAL_STREAM", "1:2", 1) >= 0);
        log_setup("gc", /* debug= */ false);
        log_error("plain");
        capture_end("<4>gc: two\n<4>lines\n<7>gc: d\ngc: plain\n");
        unsetenv("JOURNAL_STREAM");
}

DEFINE_TEST_MAIN()
