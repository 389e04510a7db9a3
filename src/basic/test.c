/* SPDX-License-Identifier: Apache-2.0 */

#include <stdarg.h>

#include "basic/fs-util.h"
#include "basic/strv.h"
#include "basic/test.h"

static const TestCase *running;
static char **temporary_dirs;
static pid_t temporary_owner;

_noreturn_ void test_fail(const char *file, int line, const char *format, ...) {
        printf("not ok - %s\n", running ? running->name : "?");

        va_list ap;
        va_start(ap, format);
        fprintf(stderr, "%s:%d: ", file, line);
        vfprintf(stderr, format, ap);
        fputc('\n', stderr);
        va_end(ap);

        exit(EXIT_FAILURE);
}

static void remove_temporary_dirs(void) {
        if (getpid() != temporary_owner) /* a child that a test forked */
                return;
        STRV_FOREACH(dir, temporary_dirs)
                (void) rm_rf_at(AT_FDCWD, *dir);
        temporary_dirs = strv_free(temporary_dirs);
}

char *test_tmpdir(void) {
        const char *base = getenv("TMPDIR") ?: P_tmpdir;
        _cleanup_free_ char *dir = strjoin(base, "/rkt-test-XXXXXX", NULL);
        CHECK(dir && mkdtemp(dir));

        if (temporary_owner == 0)
                CHECK(atexit(remove_temporary_dirs) == 0);
        temporary_owner = getpid();
        CHECK(strv_extend(&temporary_dirs, dir) >= 0);
        return TAKE_PTR(dir);
}

static bool is_selected(const TestCase *c, int argc, char **argv) {
        for (int i = 1; i < argc; i++)
                if (streq(argv[i], c->name))
                        return true;
        return argc <= 1;
}

int test_main(const TestCase *begin, const TestCase *end, int argc, char **argv) {
        size_t n = 0;

        setvbuf(stdout, NULL, _IOLBF, 0);
        for (const TestCase *c = begin; c < end; c++) {
                if (!is_selected(c, argc, argv))
                        continue;
                running = c;
                c->run();
                printf("ok %zu - %s\n", ++n, c->name);
        }
        printf("1..%zu\n", n);
        return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
