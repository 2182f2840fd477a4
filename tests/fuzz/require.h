/* What every fuzz target shares: a condition that must hold, and input taken piece by piece. */
#ifndef APMSHIM_TESTS_FUZZ_REQUIRE_H
#define APMSHIM_TESTS_FUZZ_REQUIRE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define require(condition) require_that(condition, #condition)

static inline void require_that(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

/* What is left of the input; zeros once it is used up. */
struct input {
    const uint8_t *data;
    size_t size;
};

static inline uint8_t input_byte(struct input *input)
{
    if (!input->size)
        return 0;
    input->size--;
    return *input->data++;
}

static inline struct bytes input_bytes(struct input *input, size_t n)
{
    n = n < input->size ? n : input->size;
    struct bytes taken = {(const char *)input->data, n};
    input->data += n;
    input->size -= n;
    return taken;
}

static inline uint64_t input_number(struct input *input)
{
    uint64_t number = 0;
    struct bytes taken = input_bytes(input, sizeof number);
    if (taken.len)
        memcpy(&number, taken.data, taken.len);
    return number;
}

/* Bytes as a file without a folder: its path can be opened as long as the descriptor is. */
static inline int input_file(const void *data, size_t size, char path[32])
{
    int fd = memfd_create("fuzz", 0);
    require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, 32, "/proc/self/fd/%d", fd);
    return fd;
}

#endif
