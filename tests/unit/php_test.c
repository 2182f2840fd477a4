/* The recorder's reading of PHP's frames, on memory that is no interpreter's. */
#include "fixtures/hostile.h"

#include "shim/php.c"

const struct interpreter python_interpreter;

/* A chain that is right but for what chance has put into it afterwards. */
static void fill(bool sound)
{
    uintptr_t base = (uintptr_t)memory, function = base + 1024, text = base + 2048;
    for (unsigned i = 0; i < WORDS; i++)
        memory[i] = sound ? 0 : any_word();
    *(uint8_t *)function = FUNCTION_USER;
    set(function, FUNCTION_NAME, text);
    set(function, FUNCTION_CLASS, 0);
    set(function, php.layout->file, text);
    set(function, php.layout->instructions, base + 3072);
    *(uint32_t *)(function + php.layout->count) = 8;
    set(text, STRING_LENGTH, 5);
    for (unsigned i = 0; i < 8; i++) {
        uintptr_t frame = base + 4096 + i * 256;
        set(frame, FRAME_FUNCTION, function);
        set(frame, FRAME_INSTRUCTION, base + 3072 + INSTRUCTION_SIZE);
        set(frame, FRAME_CALL_INFO, i % 4 == 3 ? CALL_TOP : 0);
        set(frame, FRAME_PREVIOUS, i < 7 ? frame + 256 : 0);
    }
    set(php.globals, GLOBALS_FRAME, base + 4096);
}

int main(void)
{
    hostile_memory();
    php.layout = &layouts[1];
    php.loop_start = (uintptr_t)loop;
    php.loop_length = sizeof loop;
    php.globals = (uintptr_t)memory + 3500 / 8 * 8;
    known = &php_interpreter;
    srand(7);
    fill(true);
    hostile_walk(true);
    CHECK(found == 1);
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 16 == 0)
            fill(false);
        memory[rand() % WORDS] = any_word();
        memory_forget();
        hostile_walk(true);
    }
    printf("%u walks, %u with frames, %u objects told\n", walked, found, committed);
    CHECK(committed > 100);
    return check_result();
}
