/* Any conversation in PostgreSQL's protocol, cut and thinned in any way, and as the recorder hides
 * it: no statement ends that was not begun, and memory stays bounded. The input is a list of calls,
 * as for fuzz_http1. */
#include "../unit/postgres_watch.h"
#include "shim/pg_hide.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CLIENT_SPEAKS = 1, HAS_GAP = 2, HIDES = 4, IS_MISSED = 24 };

/* The bytes of a run as they would be recorded. */
static void hide_run(struct pg_session *session, struct run *run, char *copy, uint8_t flags)
{
    const struct pg_copied copied = {.head = copy,
        .head_len = run->head.len,
        .tail = copy + run->head.len,
        .tail_len = run->tail.len,
        .gap = run->total - run->head.len - run->tail.len};
    const struct pg_kept kept = {.statements = flags & 64, .detail = flags & 128};
    if (!(flags & HIDES))
        return;
    memcpy(copy, run->head.data, run->head.len);
    memcpy(copied.tail, run->tail.data, run->tail.len);
    if (run->gap)
        pg_hide_lost(session, !(flags & CLIENT_SPEAKS));
    pg_hide(session, !(flags & CLIENT_SPEAKS), &copied, &kept);
    run->head.data = copied.head;
    run->tail.data = copied.tail;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pg_watch watch = {.silent = true};
    struct postgres_listener listener = pg_watch_listener(&watch);
    struct postgres *parser = postgres_new();
    struct pg_session session = {0};
    char copy[256];
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
            .gap = (flags & IS_MISSED) == IS_MISSED,
        };
        hide_run(&session, &run, copy, flags);
        fine =
            postgres_feed(parser, flags & CLIENT_SPEAKS ? TO_SERVER : TO_CLIENT, &run, &listener);
        data += n + 2;
        size -= n + 2;
    }
    postgres_free(parser);
    return 0;
}
