/* The recorder's reading of CPython's frames, on memory that is no interpreter's: whatever is
 * there, it ends, reads nothing that is not mapped, and writes nothing beyond a record. */
#include "check.h"

#include <stdlib.h>
#include <sys/mman.h>

/* libelf has one of this name. */
#define elf_next shim_elf_next
#include "shim/interpreter.c"
#include "shim/python.c"
#include "shim/python_code.c"
#include "shim/readable.c"

enum { WORDS = 4 * PAGE / 8, ROUNDS = 100000 };

static uintptr_t *memory, unmapped;
static uintptr_t types[3];
static struct ring ring;
static uint64_t space[RECORD_SIZE_MAX / 8];
static unsigned committed, walked, found;

_Thread_local struct thread self_thread;

struct ring *recorder_ring(void)
{
    return &ring;
}

uint64_t recorder_now(void)
{
    return 0;
}

void *recorder_begin(enum record_type type, size_t size, uint64_t time)
{
    *(struct record *)space = (struct record){(uint32_t)size, (uint16_t)type, 0, time};
    return size <= sizeof space ? space : NULL;
}

void recorder_commit(const void *record)
{
    committed += record == space;
}

const struct interpreter php_interpreter;

uint64_t modules_map_id(void)
{
    return 1;
}

void *elf_any(const char *name, struct elf_object *ret_object)
{
    (void)name, (void)ret_object;
    return NULL;
}

void *elf_object_symbol(const struct elf_object *object, const char *name)
{
    (void)object, (void)name;
    return NULL;
}

size_t elf_object_symbol_size(const struct elf_object *object, const char *name)
{
    (void)object, (void)name;
    return 0;
}

bool python_layout_of(const struct elf_object *object, struct python_layout *ret_layout)
{
    (void)object, (void)ret_layout;
    return false;
}

static void *this_thread(void)
{
    return memory + 8;
}

static uintptr_t any_word(void)
{
    switch (rand() % 9) {
    case 0:
        return unmapped + (uintptr_t)(rand() % PAGE & ~7);
    case 1:
        return (uintptr_t)rand() % 100;
    case 2:
        return UINTPTR_MAX - (uintptr_t)(rand() % 100);
    case 3:
        return types[rand() % 3];
    case 4:
        return (uintptr_t)(memory + rand() % WORDS) + (uintptr_t)(rand() % 8);
    default:
        return (uintptr_t)(memory + rand() % WORDS / 8 * 8);
    }
}

static void set(uintptr_t base, unsigned offset, uintptr_t value)
{
    *(uintptr_t *)(base + offset) = value;
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

static void walk_once(void)
{
    static char loop[64];
    void *addresses[16];
    uintptr_t stacks[17];
    struct code_stack code;
    python.loop_start = (uintptr_t)loop;
    python.loop_length = sizeof loop;
    for (unsigned i = 0; i < 17; i++)
        stacks[i] = (uintptr_t)memory + i * 1024;
    for (unsigned i = 0; i < 16; i++)
        addresses[i] = python.layout.chain == CHAIN_OBJECTS && i % 2 ? loop + i : loop - 64;
    const struct native_stack native = {16, addresses, stacks};
    interpreter_walk(&native, 1 + (unsigned)rand() % STACK_FRAMES_MAX, &code);
    walked++;
    found += code.count > 0;
    CHECK(code.count <= STACK_FRAMES_MAX);
    if (!interpreter_tell(&code))
        return;
    const struct record *record = (const void *)space;
    CHECK(!committed || record->size <= sizeof space);
}

static void test_layout(const struct python_layout *layout)
{
    python.layout = *layout;
    fill(layout, true);
    found = 0;
    walk_once();
    CHECK(found == 1);
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 16 == 0)
            fill(layout, false);
        memory[rand() % WORDS] = any_word();
        memory_forget();
        walk_once();
    }
}

int main(void)
{
    static const struct python_layout objects = {.chain = CHAIN_OBJECTS,
        .language = CODE_PYTHON_LINES,
        .thread = {.frame = 24},
        .frame = {.code = 32, .previous = 24, .position = 96, .size = 104},
        .code = {.name = 112, .file = 104, .first_line = 40, .lines = 120, .size = 128},
        .ascii = 48,
        .not_ascii = 72};
    static const struct python_layout cframes = {.chain = CHAIN_CFRAMES,
        .language = CODE_PYTHON_LOCATIONS,
        .thread = {.frame = 56, .by_cframe = true},
        .cframe = {.frame = 8, .previous = 16},
        .frame = {.code = 32, .previous = 48, .position = 56, .owner = 68, .size = 72},
        .code = {.name = 128,
            .file = 112,
            .first_line = 72,
            .lines = 136,
            .instructions = 184,
            .size = 192},
        .ascii = 48,
        .not_ascii = 72};
    static const struct python_layout entries = {.chain = CHAIN_ENTRIES,
        .language = CODE_PYTHON_LOCATIONS,
        .thread = {.frame = 72},
        .frame = {.code = 0, .previous = 8, .position = 56, .owner = 70, .size = 72},
        .code = {.name = 128,
            .file = 112,
            .first_line = 68,
            .lines = 136,
            .instructions = 200,
            .size = 208},
        .ascii = 40,
        .not_ascii = 56};
    char *map =
        mmap(NULL, (WORDS * 8) + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memory = (void *)map;
    unmapped = (uintptr_t)map + WORDS * 8;
    mprotect((void *)unmapped, PAGE, PROT_NONE);
    for (int i = 0; i < 3; i++) /* types are objects, too */
        types[i] = (uintptr_t)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    python.code = types[0];
    python.text = types[1];
    python.bytes = types[2];
    python.this_thread = this_thread;
    known = &python_interpreter;
    srand(7);
    test_layout(&objects);
    test_layout(&cframes);
    test_layout(&entries);
    printf("%u walks, %u objects told\n", walked, committed);
    CHECK(committed > 1000);
    return check_result();
}
