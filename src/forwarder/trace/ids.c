/* Random ids: xorshift128+, seeded from the kernel; unique, not secret. */
#include "trace/state.h"

#include <sys/random.h>

static uint64_t next_random(struct tracer *tracer)
{
    uint64_t a = tracer->random[0], b = tracer->random[1];
    while (!a && !b) {
        if (getrandom(tracer->random, sizeof tracer->random, 0) < 0)
            tracer->random[0] = (uintptr_t)tracer ^ tracer->now;
        a = tracer->random[0];
        b = tracer->random[1];
    }
    tracer->random[0] = b;
    a ^= a << 23;
    a ^= a >> 18 ^ b ^ b >> 5;
    tracer->random[1] = a;
    return a + b;
}

uint64_t new_id(struct tracer *tracer)
{
    uint64_t id;
    do
        id = next_random(tracer);
    while (!id);
    return id;
}

struct trace_id new_trace_id(struct tracer *tracer)
{
    uint64_t halves[2] = {new_id(tracer), new_id(tracer)};
    struct trace_id id;
    memcpy(id.bytes, halves, sizeof id.bytes);
    return id;
}
