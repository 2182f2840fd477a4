/* Any file as an object that a process had mapped, or that somebody asks the doctor about. elfutils
 * does the reading; what is ours is what becomes of its answers. Begins with the objects that the
 * symbolizer's unit tests load: build/fuzz/seeds/elf. */
#include "base/arena.h"
#include "cli/elf_facts.h"
#include "require.h"
#include "symbolize/symbolize.h"

enum { BIAS = 0x10000, SPAN = 0x10000, FRAMES_MAX = 64 };

static void resolve(const char *path)
{
    struct symbolizer *symbolizer = symbolizer_new();
    struct frame frames[FRAMES_MAX];
    uint64_t addresses[16];
    size_t count = 0;
    symbolizer_add_module(symbolizer, 1,
        &(struct module){.bias = BIAS, .start = BIAS, .end = BIAS + SPAN, .path = path});
    for (uint64_t offset = 0x1000; count < sizeof addresses / sizeof *addresses; offset += 0x45)
        addresses[count++] = BIAS + offset;
    count = symbolizer_resolve(symbolizer, 1, addresses, count, frames, NULL, FRAMES_MAX);
    require(count > 0 && count <= FRAMES_MAX);
    for (size_t i = 0; i < count; i++)
        require(frames[i].function && frames[i].filename && frames[i].lineno >= 0);
    symbolizer_free(symbolizer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[32];
    struct arena arena = {0};
    struct elf_facts facts;
    int fd = input_file(data, size, path);
    if (elf_facts_read(&arena, path, &facts))
        require(facts.needed_count <= NEEDED_MAX);
    resolve(path);
    arena_free(&arena);
    close(fd);
    return 0;
}
