/* Services that load and unload for ever: what the forwarder keeps of their modules. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "trace/maps.h"
#include "trace/tracer.h"

#define SECOND UINT64_C(1000000000)
#define ADDRESS UINT64_C(0x10100)

static struct tracer *tracer;
static uint64_t now;

/* A record and what follows it; all times are one another's successors. */
static union {
    struct record head;
    struct rec_process process;
    struct rec_modules modules;
    struct rec_stack stack;
    uint64_t space[64];
} record;

static void tell(uint32_t pid, enum record_type type, size_t size)
{
    const struct writer writer = {.pid = pid, .tid = pid, .thread = pid};
    record.head.type = (uint16_t)type;
    record.head.size = (uint32_t)size;
    record.head.time = now += 1000;
    tracer_record(tracer, &writer, &record.head);
    memset(&record, 0, sizeof record);
}

static void fork_from(uint32_t parent, uint32_t pid, uint64_t when)
{
    record.process = (struct rec_process){.pid = pid, .ppid = parent, .fork_time = when};
    tell(pid, REC_PROCESS, sizeof record.process);
}

static void load(uint32_t pid, uint64_t map_id)
{
    struct rec_module *module = (void *)(&record.modules + 1);
    record.modules.map_id = map_id;
    *module = (struct rec_module){.start = 0x10000, .end = 0x20000, .size = 40, .path_len = 5};
    memcpy(module + 1, "/x.so", 5);
    tell(pid, REC_MODULES, sizeof record.modules + 40);
}

static void take_stack(uint32_t pid, uint64_t map_id, uint64_t stack_id)
{
    record.stack.stack_id = stack_id;
    record.stack.map_id = map_id;
    record.stack.native_count = 1;
    memcpy(&record.stack + 1, &(uint64_t){ADDRESS}, 8);
    tell(pid, REC_STACK, sizeof record.stack + 8);
}

static bool has_frames(uint64_t stack_id)
{
    const struct stacktrace *trace = stack_of(tracer, stack_id);
    return trace && trace->count == 1;
}

/* One process, more maps than there may be: the last ones are known. */
static void test_replaced(void)
{
    fork_from(0, 1, 0);
    for (uint64_t id = 1; id <= 10000; id++) {
        load(1, id);
        now += SECOND / 100;
    }
    take_stack(1, 10000, 77);
    CHECK(has_frames(77));
    CHECK(symbolizer_maps(tracer->symbolizer) <= 4096);
    CHECK(!tracer->maps_refused);
}

/* After a while only those are kept that a process has; their stacks go with the others. */
static void test_forgotten(void)
{
    take_stack(1, 10000, 78);
    load(1, 20000);
    now += 700 * SECOND;
    tracer_tick(tracer, now);
    CHECK(symbolizer_maps(tracer->symbolizer) == 1);
    CHECK(!has_frames(78) && !has_frames(77));
    take_stack(1, 20000, 79);
    CHECK(has_frames(79));
}

/* A child goes on with what its parent had when it forked, and with that alone. */
static void test_inherited(void)
{
    uint64_t forked = now + 1;
    now += SECOND;
    load(1, 20001);
    fork_from(1, 2, forked);
    now += 700 * SECOND;
    tracer_tick(tracer, now);
    CHECK(symbolizer_maps(tracer->symbolizer) == 2);
    take_stack(2, 20000, 80);
    CHECK(has_frames(80));
    tracer_process_ended(tracer, 2, now);
    now += 700 * SECOND;
    tracer_tick(tracer, now);
    CHECK(symbolizer_maps(tracer->symbolizer) == 1);
}

/* Where all are in use, further ones are refused and counted. */
static void test_refused(void)
{
    for (uint32_t pid = 100; pid < 5100; pid++) {
        fork_from(0, pid, 0);
        load(pid, 100000 + pid);
    }
    CHECK(symbolizer_maps(tracer->symbolizer) == 4096);
    CHECK(tracer->maps_refused == 5100 - 100 + 1 - 4096);
}

int main(void)
{
    static const struct sink nowhere;
    tracer = tracer_new(options_load(), &nowhere, 0);
    test_replaced();
    test_forgotten();
    test_inherited();
    test_refused();
    return check_result();
}
