/* Any symbol: what Rust's names are read as is bounded, in length and time. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "require.h"
#include "symbolize/names.h"
#include "symbolize/rust.h"

enum { READABLE_MAX = 64 * 1024 };

static void check(char *name)
{
    require(!name || strlen(name) <= READABLE_MAX);
    free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *symbol = xmemdup0(data, size);
    check(rust_demangle(symbol));
    check(rust_demangle_legacy(symbol));
    char *name = name_readable(symbol);
    require(strlen(name) <= FUNCTION_NAME_MAX);
    free(name);
    free(symbol);
    return 0;
}
