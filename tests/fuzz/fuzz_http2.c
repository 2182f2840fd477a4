/* Any HTTP/2 conversation, cut by the recorder's own code as calls move it: reports come in the
 * order that protocol.h promises, and the parser's memory stays bounded.
 *
 * The input is a list of calls: a byte for direction and loss, one for the length, then the bytes.
 */
#include "../unit/protocol_watch.h"

#include "shim/frames.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CLIENT_SPEAKS = 1, LOST = 2, LONG = 4, UNFRAMED = 8 };

static void feed(struct watched *c, enum direction direction, struct run run, const char *kept)
{
    if (c->gave_up)
        return;
    struct protocol_listener listener = watch_listener(c->watch);
    run.head = watch_copy(kept, run.head.len);
    (void)http2_protocol.sniff(direction, run.head);
    c->gave_up = !http2_protocol.feed(c->state, direction, &run, &listener);
    watch_require(!c->gave_up || !c->watch->open, "gave up, but did not end what was open");
    watch_copy_free(run.head);
}

static void call(
    struct watched *c, struct frames *frames, uint8_t flags, const char *bytes, size_t n)
{
    enum direction direction = flags & CLIENT_SPEAKS ? TO_SERVER : TO_CLIENT;
    enum record_type type = direction == TO_SERVER ? REC_RECV : REC_SEND;
    struct iovec iov[2] = {
        {(char *)(uintptr_t)bytes, n / 3}, {(char *)(uintptr_t)bytes + n / 3, n - n / 3}};
    char kept[64];
    struct frames_cut cut;
    if (flags & UNFRAMED || !frames_begin(frames, type, iov, 2, n, &cut)) {
        struct run run = {.head = {bytes, n}, .total = n, .frames = true, .gap = flags & LOST};
        feed(c, direction, run, bytes);
        return;
    }
    while (cut.left) {
        struct run run = {.frames = true, .gap = flags & LOST};
        run.head.len = frames_take(&cut, kept, sizeof kept, &run.total);
        feed(c, direction, run, kept);
    }
    frames_end(frames, type, &cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct watch watch;
    struct watched c;
    struct frames frames = {0};
    watched_begin(&c, &http2_protocol, &watch);
    watch.silent = true;
    while (size > 2 && !c.gave_up) {
        size_t n = ((size_t)data[1] + 1) << (data[0] & LONG ? 3 : 0);
        n = n < size - 2 ? n : size - 2;
        call(&c, &frames, data[0], (const char *)data + 2, n);
        data += n + 2;
        size -= n + 2;
    }
    watched_end(&c);
    buf_free(&watch.transcript);
    return 0;
}
