/* SPDX-License-Identifier: Apache-2.0 */

#include <stdarg.h>

#include "basic/test.h"

static const TestCase *running;

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
