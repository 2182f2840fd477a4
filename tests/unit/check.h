/* The unit tests' few helpers: CHECK reports and goes on, check_result() ends main(). */
#ifndef APMSHIM_TESTS_CHECK_H
#define APMSHIM_TESTS_CHECK_H

#include <stdio.h>
#include <string.h>

static int check_failures, check_count;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        check_count++;                                                                             \
        if (!(condition)) {                                                                        \
            check_failures++;                                                                      \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                \
        }                                                                                          \
    } while (0)

#define CHECK_STR(actual, expected)                                                                \
    do {                                                                                           \
        const char *check_a = (actual), *check_e = (expected);                                     \
        check_count++;                                                                             \
        if (!check_a || strcmp(check_a, check_e) != 0) {                                           \
            check_failures++;                                                                      \
            fprintf(stderr, "%s:%d: got \"%s\", expected \"%s\"\n", __FILE__, __LINE__,            \
                check_a ? check_a : "(null)", check_e);                                            \
        }                                                                                          \
    } while (0)

static inline int check_result(void)
{
    printf("%d checks, %d failed\n", check_count, check_failures);
    return check_failures != 0;
}

#endif
