/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "basic/string-util.h"

/* A unit test program: TEST(name) { … } any number of times, then DEFINE_TEST_MAIN(). Prints TAP. */

typedef struct TestCase {
        const char *name;
        void (*run)(void);
} TestCase;

#define TEST(test_name)                                                                          \
        static void test_##test_name(void);                                                      \
        static const TestCase test_case_##test_name                                              \
                __attribute__((used, section("rkt_tests"), aligned(sizeof(void *)))) = {         \
                .name = #test_name, .run = test_##test_name };                                   \
        static void test_##test_name(void)

/* Runs all cases (or those named on the command line); a failed CHECK aborts the program. */
int test_main(const TestCase *begin, const TestCase *end, int argc, char **argv);

extern const TestCase __start_rkt_tests[], __stop_rkt_tests[];
#define DEFINE_TEST_MAIN()                                                                       \
        int main(int argc, char **argv) {                                                        \
                return test_main(__start_rkt_tests, __stop_rkt_tests, argc, argv);               \
        }

_noreturn_ void test_fail(const char *file, int line, const char *format, ...) _printf_(3, 4);
#define CHECK(expr)                                                                              \
        do {                                                                                     \
                if (!(expr))                                                                     \
                        test_fail(__FILE__, __LINE__, "%s", #expr);                              \
        } while (false)
#define CHECK_INT(a, b)                                                                          \
        do {                                                                                     \
                long long _a = (long long) (a), _b = (long long) (b);                            \
                if (_a != _b)                                                                    \
                        test_fail(__FILE__, __LINE__, "%s is %lld, expected %lld", #a, _a, _b);  \
        } while (false)
#define CHECK_STR(a, b)                                                                          \
        do {                                                                                     \
                const char *_a = (a), *_b = (b);                                                 \
                if (!streq_ptr(_a, _b))                                                          \
                        test_fail(__FILE__, __LINE__, "%s is \"%s\", expected \"%s\"", #a,       \
                                  _a ?: "(null)", _b ?: "(null)");                               \
        } while (false)

/* A fresh temporary directory (path is the caller's to free; removed at exit). */
char *test_tmpdir(void);
