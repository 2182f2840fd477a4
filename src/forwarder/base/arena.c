#include "base/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

enum { BLOCK_SIZE = 2048 };

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    alignas(max_align_t) char data[];
};

static struct arena_block *add_block(struct arena *arena, size_t size)
{
    if (size < BLOCK_SIZE)
        size = BLOCK_SIZE;
    struct arena_block *block = xmalloc(sizeof *block + size);
    *block = (struct arena_block){.next = arena->blocks, .size = size};
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct arena_block *block = arena->blocks;
    if (!block || block->size - block->used < size)
        block = add_block(arena, size);
    void *p = block->data + block->used;
    block->used += size;
    return p;
}

char *arena_bytes(struct arena *arena, struct bytes bytes)
{
    char *copy = arena_alloc(arena, bytes.len + 1);
    if (bytes.len)
        memcpy(copy, bytes.data, bytes.len);
    copy[bytes.len] = '\0';
    return copy;
}

char *arena_string(struct arena *arena, const char *s)
{
    return s ? arena_bytes(arena, bytes_of(s)) : NULL;
}

char *arena_joined(struct arena *arena, const char *first, const char *second)
{
    size_t n = strlen(first), m = strlen(second);
    char *copy = arena_alloc(arena, n + m + 1);
    memcpy(copy, first, n);
    memcpy(copy + n, second, m);
    copy[n + m] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *s = arena_alloc(arena, (size_t)(n > 0 ? n : 0) + 1);
    s[0] = '\0';
    if (n > 0)
        vsnprintf(s, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return s;
}

void arena_free(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
}
