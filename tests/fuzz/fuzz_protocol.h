/* Any conversation, cut and thinned in any way: reports come in the order that protocol.h promises,
 * and the parser's memory stays bounded.
 *
 * The input is a list of calls: a byte for direction and gap, one for the length, then the bytes.
 */
#ifndef APMSHIM_TESTS_FUZZ_PROTOCOL_H
#define APMSHIM_TESTS_FUZZ_PROTOCOL_H

#include "../unit/protocol_watch.h"

enum { CLIENT_SPEAKS = 1, HAS_GAP = 2, HUGE_GAP = 4, LONG = 8, LOST = 16, LOST_BACK = 32 };

static inline struct run run_of(uint8_t flags, const char *bytes, size_t n)
{
    size_t tail = flags & HAS_GAP ? n / 4 : 0;
    if (tail > 64)
        tail = 64;
    uint64_t gap = flags & HUGE_GAP ? UINT64_C(1) << (flags >> 4) * 2 : flags >> 4;
    bool lost = (flags & (HAS_GAP | HUGE_GAP)) == HUGE_GAP; /* whole records before it */
    return (struct run){
        .gap = lost && flags & LOST,
        .gap_back = lost && flags & LOST_BACK,
        .head = watch_copy(bytes, n - tail),
        .tail = watch_copy(bytes + n - tail, tail),
        .total = n + (flags & HAS_GAP ? gap : 0),
    };
}

static inline int fuzz_protocol(const struct protocol *protocol, const uint8_t *data, size_t size)
{
    static struct watch watch;
    struct watched c;
    watched_begin(&c, protocol, &watch);
    watch.silent = true;
    struct protocol_listener listener = watch_listener(&watch);
    while (size > 2 && !c.gave_up) {
        uint8_t flags = data[0];
        size_t n = ((size_t)data[1] + 1) << (flags & LONG ? 3 : 0);
        n = n < size - 2 ? n : size - 2;
        enum direction direction = flags & CLIENT_SPEAKS ? TO_SERVER : TO_CLIENT;
        struct run run = run_of(flags, (const char *)data + 2, n);
        (void)protocol->sniff(direction, run.head);
        c.gave_up = !protocol->feed(c.state, direction, &run, &listener);
        watch_require(!c.gave_up || !watch.open, "gave up, but did not end what was open");
        watch_copy_free(run.head);
        watch_copy_free(run.tail);
        data += n + 2;
        size -= n + 2;
    }
    watched_end(&c);
    buf_free(&watch.transcript);
    return 0;
}

#define FUZZ_PROTOCOL(protocol)                                                                    \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);                                  \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                                   \
    {                                                                                              \
        return fuzz_protocol(&(protocol), data, size);                                             \
    }

#endif
