/* The recorder's unwinder against two others: every rule it derives against elfutils', and whole
 * stacks against glibc's backtrace. */
#include "check.h"

#include <alloca.h>
#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

/* libelf has one of this name. */
#define elf_next shim_elf_next
#include "shim/elf.c"
#include "shim/frame_info.c"
#include "shim/loaded.c"
#include "shim/unloading.c"
#include "shim/unwind.c"

uint64_t recorder_now(void)
{
    return 0;
}

/* ---- rules ---- */

static unsigned compared, agreed, given_up;

/* An elfutils rule for one register: its kind, and its offset from the CFA. */
static enum saved elfutils_register(Dwarf_Frame *frame, int column, int64_t *ret_offset)
{
    Dwarf_Op memory[3], *ops;
    size_t count;
    *ret_offset = 0;
    if (dwarf_frame_register(frame, column, memory, &ops, &count) != 0)
        return LOST;
    if (count == 0)
        return ops == memory ? LOST : SAME;
    if (ops[0].atom != DW_OP_call_frame_cfa)
        return LOST;
    if (count == 1)
        return AT_CFA;
    if (count > 2 || ops[1].atom != DW_OP_plus_uconst)
        return LOST;
    *ret_offset = (int64_t)ops[1].number;
    return AT_CFA;
}

static void compare_rule(Dwarf_CFI *cfi, const uint8_t *header, uintptr_t bias, uintptr_t pc)
{
    Dwarf_Frame *frame;
    Dwarf_Op *ops;
    size_t count;
    int64_t fp, ra;
    struct frame_rule rule = frame_info_find(header, pc);
    bool known = dwarf_cfi_addrframe(cfi, pc - bias, &frame) == 0;
    compared++;
    if (!(rule.flags & FRAME_KNOWN) || !known) {
        given_up++;
        CHECK(known || !(rule.flags & FRAME_KNOWN));
        if (known)
            free(frame);
        return;
    }
    bool simple =
        dwarf_frame_cfa(frame, &ops, &count) == 0 && count == 1 && ops[0].atom == DW_OP_bregx;
    uint64_t column = rule.flags & FRAME_CFA_FP ? COLUMN_FP : COLUMN_SP;
    enum saved fp_saved = elfutils_register(frame, COLUMN_FP, &fp);
    bool same = elfutils_register(frame, COLUMN_RA, &ra) == AT_CFA && ra == rule.ra * 8;
    if (rule.flags & FRAME_CFA_DEREF)
        same &= !simple;
    else
        same &= simple && ops[0].number == column && (int64_t)ops[0].number2 == rule.cfa * 8;
    if (rule.flags & FRAME_FP_SAVED)
        same &= fp_saved == AT_CFA && fp == rule.fp * 8;
    else
        same &= fp_saved != AT_CFA;
    agreed += same;
    if (!same)
        fprintf(stderr, "differs at %#lx\n", (unsigned long)(pc - bias));
    free(frame);
}

static int compare_object(struct dl_phdr_info *info, size_t size, void *data)
{
    int fd = open(*info->dlpi_name ? info->dlpi_name : "/proc/self/exe", O_RDONLY);
    Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ_MMAP, NULL) : NULL;
    Dwarf_CFI *cfi = elf ? dwarf_getcfi_elf(elf) : NULL;
    for (int i = 0; cfi && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + p->p_vaddr;
        if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
            continue;
        for (uintptr_t pc = start; pc < start + p->p_filesz; pc += 7) {
            const uint8_t *header = find_header(pc);
            if (header)
                compare_rule(cfi, header, info->dlpi_addr, pc);
        }
    }
    if (cfi)
        dwarf_cfi_end(cfi);
    if (elf)
        elf_end(elf);
    if (fd >= 0)
        close(fd);
    (void)size;
    (void)data;
    return 0;
}

static void test_rules(void)
{
    elf_version(EV_CURRENT);
    dl_iterate_phdr(compare_object, NULL);
    printf("%u rules, %u the same as elfutils', %u without\n", compared, agreed, given_up);
    CHECK(compared > 10000);
    CHECK(agreed + given_up == compared);
    CHECK(given_up < compared / 20);
}

/* ---- stacks ---- */

static unsigned stacks;
static bool on_own_stack; /* a signal handler */

static void compare_once(void **ours, unsigned found, void *const *theirs, int expected)
{
    stacks++;
    /* The first is this function, at another instruction; a sanitizer adds one of its own, and
     * glibc also shows where a thread began. */
    CHECK(found >= 2);
    int shift = 0;
    while (shift < 2 && theirs[1 + shift] != ours[1])
        shift++;
    int missing = expected - shift - (int)found;
    CHECK(found == 64 || missing == 0 || missing == 1);
    for (int i = 1; i < (int)found && i + shift < expected; i++)
        CHECK(ours[i] == theirs[i + shift]);
}

/* The second time by a trail, if the stack is not too deep. */
static __attribute__((noinline)) void compare_stack(void)
{
    void *ours[64], *theirs[64];
    frame_place frames[65];
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    int expected = backtrace(theirs, 64);
    for (int i = 0; i < 2; i++) {
        memset(frames, 0, sizeof frames);
        unsigned found = unwind(ours, frames, here, 64);
        compare_once(ours, found, theirs, expected);
        CHECK(frames[0] <= 0 && 0 < frames[1]);
        for (unsigned j = 0; j < found; j++)
            CHECK(frames[j] < frames[j + 1] || frames[j + 1] == FRAME_FAR || on_own_stack);
    }
}

static __attribute__((noinline)) void one_caller(void)
{
    compare_stack();
    __asm__ volatile("");
}

static __attribute__((noinline)) void other_caller(void)
{
    compare_stack();
    __asm__ volatile("");
}

/* Frames of the same size at the same place: only the return addresses differ. */
static __attribute__((noinline)) void take_turns(int depth)
{
    if (depth)
        take_turns(depth - 1);
    for (int i = 0; i < 20; i++) {
        one_caller();
        other_caller();
    }
}

static unsigned trails_kept(void)
{
    unsigned kept = 0;
    for (int i = 0; i < TRAIL_SETS * TRAIL_WAYS; i++)
        kept += trails[i / TRAIL_WAYS][i % TRAIL_WAYS].count > 0;
    return kept;
}

static __attribute__((noinline)) void recursive(int depth)
{
    if (depth)
        recursive(depth - 1);
    else
        compare_stack();
    __asm__ volatile(""); /* no tail call */
}

static __attribute__((noinline)) void with_alloca(size_t size)
{
    volatile char *space = alloca(size);
    space[0] = 1;
    recursive(3);
    space[1] = 2;
}

static __attribute__((noinline)) void realigned(size_t size)
{
    volatile char aligned[256] __attribute__((aligned(256)));
    volatile char *space = alloca(size);
    aligned[0] = space[0] = 1;
    with_alloca(size);
    aligned[1] = space[1] = aligned[0];
}

static int in_qsort(const void *a, const void *b)
{
    if (stacks < 400)
        compare_stack();
    return *(const int *)a - *(const int *)b;
}

static void *in_thread(void *unused)
{
    realigned(100);
    return unused;
}

static ucontext_t main_context, other_context;

static void in_coroutine(void)
{
    recursive(2);
    swapcontext(&other_context, &main_context);
}

static void test_coroutine(void)
{
    size_t size = 65536;
    char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    getcontext(&other_context);
    other_context.uc_stack.ss_sp = stack;
    other_context.uc_stack.ss_size = size;
    makecontext(&other_context, in_coroutine, 0);
    swapcontext(&main_context, &other_context);
    munmap(stack, size);
    recursive(2);
}

static void on_signal(int number)
{
    (void)number;
    recursive(2);
}

/* Out of a handler into what it interrupted, also from a stack of its own. */
static void test_signal(bool own_stack)
{
    size_t size = 65536;
    stack_t stack = {
        .ss_sp = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
        .ss_size = size,
    };
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = own_stack ? SA_ONSTACK : 0};
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    on_own_stack = own_stack;
    raise(SIGUSR1);
    on_own_stack = false;
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, NULL);
    munmap(stack.ss_sp, size);
    recursive(2);
}

static void test_stacks(void)
{
    int numbers[] = {5, 3, 9, 1, 7};
    pthread_t thread;
    compare_stack();
    take_turns(2);
    CHECK(trails_kept() > 0);
    recursive(10);
    recursive(100); /* deeper than is kept */
    with_alloca(100000);
    realigned(5000);
    qsort(numbers, 5, sizeof *numbers, in_qsort);
    CHECK(pthread_create(&thread, NULL, in_thread, NULL) == 0);
    pthread_join(thread, NULL);
    test_coroutine();
    test_signal(false);
    test_signal(true);
    CHECK(stacks > 10);
}

/* ---- what is wrong costs the trace only ---- */

static void test_unreadable_stack(void)
{
    uintptr_t word;
    char *map = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(map + 2 * PAGE, PAGE, PROT_NONE);
    readable.low = (uintptr_t)map;
    readable.high = (uintptr_t)map + PAGE;
    errno = 77;
    CHECK(read_word((uintptr_t)map + PAGE + 8, &word) && word == 0);
    CHECK(!read_word((uintptr_t)map + 2 * PAGE, &word));
    CHECK(!read_word((uintptr_t)map - 8, &word));
    CHECK(!read_word((uintptr_t)map + 3, &word));
    CHECK(!read_word(UINTPTR_MAX - 7, &word));
    CHECK(errno == 77);
    munmap(map, 3 * PAGE);
    recursive(3);
}

int main(void)
{
    unwind_init();
    test_stacks();
    find_object = NULL; /* as with an older glibc */
    unwind_forget();
    test_stacks();
    test_unreadable_stack();
    test_rules();
    return check_result();
}
