/* The recorder's reading of CPython's frames, on memory that is no interpreter's: whatever is
 * there, it ends, reads nothing that is not mapped, and writes nothing beyond a record. */
#include "fixtures/hostile.h"

#include "shim/python.c"
#include "shim/python_code.c"
#include "shim/python_layout.c"

const struct interpreter php_interpreter;

static unsigned tasks;

static void *this_thread(void)
{
    return memory + 8;
}

/* A chain that is right but for what chance has put into it afterwards. */
static void fill(const struct python_layout *l, bool sound)
{
    uintptr_t base = (uintptr_t)memory, code = base + 1024, text = base + 2048, lines = base + 3072;
    for (unsigned i = 0; i < WORDS; i++)
        memory[i] = sound ? 0 : any_word();
    set(code, PYTHON_TYPE, types[0]);
    set(code, l->code.name, text);
    set(code, l->code.file, text);
    set(code, l->code.lines, lines);
    set(text, PYTHON_TYPE, types[1]);
    set(text, PYTHON_LENGTH, 5);
    set(text, PYTHON_STATE, 0x20 | 0x40 | 1 << 2);
    memcpy((char *)text + l->ascii, "hello", 6);
    set(lines, PYTHON_TYPE, types[2]);
    set(lines, PYTHON_LENGTH, sound ? 16 : (uintptr_t)rand() % 40000);
    for (unsigned i = 0; i < 8; i++) {
        uintptr_t frame = base + 4096 + i * 256;
        set(frame, l->frame.code, code);
        set(frame, l->frame.previous, i < 7 ? frame + 256 : 0);
        if (l->chain == CHAIN_OBJECTS)
            *(int32_t *)(frame + l->frame.position) = 4;
        else
            set(frame, l->frame.position, code + l->code.instructions + 4);
        if (l->chain == CHAIN_ENTRIES)
            *(uint8_t *)(frame + l->frame.owner) = i % 4 == 3 ? OWNED_BY_NATIVE_STACK : 0;
        if (l->chain == CHAIN_CFRAMES)
            *(uint8_t *)(frame + l->frame.owner) = i % 4 == 3;
    }
    uintptr_t cframe = base + 4096 + 8 * 256, first = base + 4096;
    set(cframe, l->cframe.frame, first);
    set(cframe, l->cframe.previous, cframe + 64);
    set((uintptr_t)this_thread(), l->thread.frame, l->thread.by_cframe ? cframe : first);
    for (int i = rand() % 4; !sound && i > 0; i--)
        memory[rand() % WORDS] = any_word();
}

/* The frame becomes a coroutine's, or a plain generator's. */
static void suspendable(const struct python_layout *l, uintptr_t frame, bool coroutine)
{
    uintptr_t code = frame + 128;
    memset((void *)code, 0, 128);
    set(frame, l->frame.code, code);
    set(code, PYTHON_TYPE, types[0]);
    *(uint32_t *)(code + l->code.flags) = coroutine ? 0x80 : 0x20;
    if (l->chain == CHAIN_OBJECTS)
        set(frame, l->frame.generator, frame + 24);
    else
        *(uint8_t *)(frame + l->frame.generator) = OWNED_BY_GENERATOR;
}

static void test_tasks(const struct python_layout *l)
{
    uintptr_t frames = (uintptr_t)memory + 4096;
    bool last_is_entry = l->chain == CHAIN_ENTRIES;
    fill(l, true);
    uint64_t whole = interpreter_task();
    CHECK(whole == ((frames + (last_is_entry ? 6 : 7) * 256) | TASK_IS_STACK));
    suspendable(l, frames + 5 * 256, false);
    CHECK(interpreter_task() == whole);
    suspendable(l, frames + 256, true);
    suspendable(l, frames + 2 * 256, true); /* which awaits the one before */
    uintptr_t outer = frames + 2 * 256;
    CHECK(interpreter_task() == (l->chain == CHAIN_OBJECTS ? outer + 24 : outer));
    set((uintptr_t)this_thread(), l->thread.frame, 0);
    CHECK(interpreter_task() == 0);
}

static void test_layout(const struct python_layout *layout)
{
    python.layout = *layout;
    test_tasks(layout);
    fill(layout, true);
    found = 0;
    hostile_walk(layout->chain == CHAIN_OBJECTS);
    CHECK(found == 1);
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 16 == 0)
            fill(layout, false);
        memory[rand() % WORDS] = any_word();
        memory_forget();
        hostile_walk(layout->chain == CHAIN_OBJECTS);
        tasks += interpreter_task() != 0;
    }
}

int main(void)
{
    hostile_memory();
    python.code = types[0];
    python.text = types[1];
    python.bytes = types[2];
    python.this_thread = this_thread;
    python.loop_start = (uintptr_t)loop;
    python.loop_length = sizeof loop;
    known = &python_interpreter;
    srand(7);
    test_layout(&python_3_9);
    test_layout(&python_3_10);
    test_layout(&python_3_11);
    test_layout(&python_3_12);
    printf("%u walks, %u objects told, %u tasks\n", walked, committed, tasks);
    CHECK(committed > 1000 && tasks > 1000);
    return check_result();
}
