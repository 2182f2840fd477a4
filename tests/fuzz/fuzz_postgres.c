/* Any conversation in PostgreSQL's protocol, cut and thinned in any way: no statement ends that was
 * not begun, and memory stays bounded. The input is a list of calls, as for fuzz_http1. */
#include "../unit/postgres_watch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CLIENT_SPEAKS = 1, HAS_GAP = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pg_watch watch = {.silent = true};
    struct postgres_listener listener = pg_watch_listener(&watch);
    struct postgres *parser = postgres_new();
    bool fine = true;
    while (size > 2 && fine) {
        uint8_t flags = data[0];
        size_t n = data[1] < size - 2 ? data[1] : size - 2;
        size_t tail = flags & HAS_GAP ? n / 4 : 0;
        const char *bytes = (const char *)data + 2;
        struct run run = {
            .head = {bytes, n - tail},
            .tail = {bytes + n - tail, tail},
            .total = n + (flags & HAS_GAP ? UINT64_C(1) << (flags >> 3) : 0),
        };
        fine =
            postgres_feed(parser, flags & CLIENT_SPEAKS ? TO_SERVER : TO_CLIENT, &run, &listener);
        data += n + 2;
        size -= n + 2;
    }
    postgres_free(parser);
    return 0;
}
