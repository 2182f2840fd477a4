#include "unwind.h"

#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

#include "elf.h"
#include "found_object.h"
#include "frame_info.h"
#include "probe.h"

enum {
    RULES = 2048,
    STACK_PAGES_MAX = 4096,
    TRAIL_SETS = 16,
    TRAIL_WAYS = 4,
    WORDS_MAX = 112, /* of the stack that one trail may depend on */
};

/* Rules by address, direct-mapped. Without a lock: check is address, epoch and rule mixed, so that
 * halves of two writers' do not match. */
static struct {
    _Atomic uint64_t check, rule;
} rules[RULES];
static _Atomic uint32_t epoch = 1;

/* The part of this thread's stack that is known to be readable. */
static _Thread_local struct {
    uintptr_t low, high;
} readable;

static elf_object_finder *find_object;

void unwind_init(void)
{
    find_object = (elf_object_finder *)elf_any("_dl_find_object", NULL);
}

void unwind_forget(void)
{
    atomic_fetch_add_explicit(&epoch, 1, memory_order_relaxed);
}

/* ---- rules ---- */

static __attribute__((noinline)) const uint8_t *header_in_object(uintptr_t pc)
{
    struct elf_object object;
    unsigned count = 0;
    const ElfW(Phdr) *headers =
        elf_object_of((void *)pc, &object) ? elf_headers(&object, &count) : NULL;
    for (unsigned i = 0; headers && i < count; i++)
        if (headers[i].p_type == PT_GNU_EH_FRAME)
            return (const uint8_t *)(object.bias + headers[i].p_vaddr);
    return NULL;
}

/* Not inlined, since the rules are read on top of it otherwise. */
static __attribute__((noinline)) const uint8_t *find_header(uintptr_t pc)
{
    struct found_object found;
    if (!find_object)
        return header_in_object(pc);
    return find_object((void *)pc, &found) == 0 ? found.eh_frame_header : NULL;
}

static uint64_t pack(struct frame_rule rule)
{
    uint64_t word;
    _Static_assert(sizeof rule == sizeof word, "a rule is one word");
    memcpy(&word, &rule, sizeof word);
    return word;
}

static struct frame_rule rule_at(uintptr_t pc)
{
    struct frame_rule rule = {0};
    uint64_t key = pc ^ (uint64_t)atomic_load_explicit(&epoch, memory_order_relaxed) << 48;
    size_t slot = (pc * UINT64_C(0x9e3779b97f4a7c15)) >> 53;
    uint64_t word = atomic_load_explicit(&rules[slot].rule, memory_order_relaxed);
    uint64_t check = atomic_load_explicit(&rules[slot].check, memory_order_relaxed);
    if ((check ^ word) == key) {
        memcpy(&rule, &word, sizeof rule);
        return rule;
    }
    const uint8_t *header = find_header(pc);
    rule = header ? frame_info_find(header, pc) : (struct frame_rule){0};
    word = pack(rule);
    atomic_store_explicit(&rules[slot].rule, word, memory_order_relaxed);
    atomic_store_explicit(&rules[slot].check, key ^ word, memory_order_relaxed);
    return rule;
}

/* ---- the stack ---- */

/* Reads a word of the stack above the frame at hand; false: it is not there. Frame information that
 * is wrong must cost the trace and not the service. */
__attribute__((no_sanitize("address"))) static bool read_word(
    uintptr_t address, uintptr_t *ret_word)
{
    if (address % 8 || address < readable.low)
        return false;
    if (address >= readable.high) {
        if ((address - readable.high) / PAGE > STACK_PAGES_MAX)
            return false;
        for (; readable.high <= address; readable.high += PAGE)
            if (!probe_page(readable.high))
                return false;
    }
    *ret_word = *(const uintptr_t *)address;
    return true;
}

/* Where the frame of the i-th address begins, or the last one's ends. */
struct places {
    frame_place *at; /* NULL: not wanted */
    uintptr_t base;
};

static inline void set_place(const struct places *places, unsigned i, uintptr_t frame)
{
    if (!places->at)
        return;
    intptr_t words = (intptr_t)(frame - places->base) / 8;
    places->at[i] = words == (frame_place)words ? (frame_place)words : FRAME_FAR;
}

static bool find_stack(uintptr_t sp)
{
    uintptr_t page = sp & ~(uintptr_t)(PAGE - 1);
    if (sp - readable.low < readable.high - readable.low)
        return true;
    if (!probe_page(page))
        return false;
    readable.low = page;
    readable.high = page + PAGE;
    return true;
}

/* A signed return address (aarch64) without its signature. */
static uintptr_t plain_address(uintptr_t pc)
{
#if defined(__aarch64__)
    register uintptr_t x30 __asm__("x30") = pc;
    __asm__("hint 7" : "+r"(x30)); /* xpaclri */
    return x30;
#else
    return pc;
#endif
}

/* ---- stacks walked before ---- */

/* Where a walk leads depends on where it starts and on the words that it looks at. While these are
 * as they were, it leads to the same callers, and no rule has to be looked up. Shared by all
 * threads: a writer makes the turn odd, a reader looks at it before and after. */
struct trail {
    _Atomic uint32_t turn;
    _Atomic uint32_t epoch, max, count; /* count: of the words; 0: unused */
    _Atomic uint64_t sp, fp;
    _Atomic bool needs_fp; /* what was in the frame pointer's register mattered */
    _Atomic uint64_t words[WORDS_MAX];
    _Atomic uint32_t places[WORDS_MAX]; /* words above sp << 1 | is a return address */
    _Atomic uint32_t frames[WORDS_MAX]; /* words above sp: where what it returns to begins */
};
static struct trail trails[TRAIL_SETS][TRAIL_WAYS]; /* by stack pointer */

#define LOAD(object) atomic_load_explicit(&(object), memory_order_relaxed)
#define STORE(object, value) atomic_store_explicit(&(object), (value), memory_order_relaxed)

static struct trail *trails_of(uintptr_t sp)
{
    return trails[(sp * UINT64_C(0x9e3779b97f4a7c15) >> 32) % TRAIL_SETS];
}

/* One to write to, or NULL: somebody else is at it. */
static struct trail *trail_begin(uintptr_t sp)
{
    static _Atomic uint32_t next;
    uint32_t way = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed) % TRAIL_WAYS;
    struct trail *t = trails_of(sp) + way;
    uint32_t turn = LOAD(t->turn);
    if (turn & 1 || !atomic_compare_exchange_strong_explicit(
                        &t->turn, &turn, turn + 1, memory_order_relaxed, memory_order_relaxed))
        return NULL;
    atomic_thread_fence(memory_order_release); /* odd before anything below */
    STORE(t->epoch, LOAD(epoch)); /* not at the end: code may be unloaded during the walk */
    STORE(t->sp, sp);
    STORE(t->count, 0);
    STORE(t->needs_fp, false);
    return t;
}

/* frame: where the frame begins that the word is a return address to; 0: it is none. */
static void trail_note(struct trail *t, uintptr_t address, uintptr_t word, uintptr_t frame)
{
    if (!t)
        return;
    uint32_t count = LOAD(t->count);
    uintptr_t sp = LOAD(t->sp);
    uint64_t place = (address - sp) / 8, begin = frame ? (frame - sp) / 8 : 0;
    if (count < WORDS_MAX && place < UINT32_MAX / 2 && begin < UINT32_MAX) {
        STORE(t->words[count], word);
        STORE(t->places[count], (uint32_t)place << 1 | (frame != 0));
        STORE(t->frames[count], (uint32_t)begin);
        STORE(t->count, count + 1);
    } else {
        STORE(t->count, WORDS_MAX + 1);
    }
}

static void trail_end(struct trail *t, uintptr_t fp, unsigned max, bool whole)
{
    if (!t)
        return;
    if (!whole || LOAD(t->count) > WORDS_MAX)
        STORE(t->count, 0);
    STORE(t->fp, fp);
    STORE(t->max, max);
    atomic_store_explicit(&t->turn, LOAD(t->turn) + 1, memory_order_release);
}

/* 0: today it leads elsewhere. */
__attribute__((no_sanitize("address"))) static unsigned trail_follow(struct trail *t, uintptr_t sp,
    uintptr_t fp, void **addresses, const struct places *places, unsigned max)
{
    uint32_t turn = atomic_load_explicit(&t->turn, memory_order_acquire), words = LOAD(t->count);
    const uintptr_t *stack = (const uintptr_t *)sp;
    size_t at_hand = (readable.high - sp) / sizeof *stack;
    uintptr_t end = UINTPTR_MAX;
    unsigned count = 0;
    if (turn & 1 || LOAD(t->sp) != sp || LOAD(t->max) != max || LOAD(t->epoch) != LOAD(epoch) ||
        (LOAD(t->needs_fp) && LOAD(t->fp) != fp))
        return 0;
    for (uint32_t i = 0; i < words && i < WORDS_MAX; i++) {
        uint32_t place = LOAD(t->places[i]);
        uintptr_t word = 0;
        if (place >> 1 < at_hand)
            word = stack[place >> 1];
        else if (!read_word((uintptr_t)&stack[place >> 1], &word))
            return 0;
        if (word != LOAD(t->words[i]))
            return 0;
        if (!(place & 1) || !word)
            continue;
        uintptr_t frame = (uintptr_t)&stack[LOAD(t->frames[i])];
        if (count == max)
            end = frame;
        else {
            set_place(places, count, frame);
            addresses[count++] = (void *)plain_address(word);
        }
    }
    set_place(places, count, end);
    atomic_thread_fence(memory_order_acquire); /* all of it before the second look */
    return LOAD(t->turn) == turn ? count : 0;
}

/* ---- walking ---- */

struct frame {
    uintptr_t pc, sp, fp;
    uintptr_t fp_at; /* where the frame pointer was saved; 0: still in its register */
    bool fp_known;
    bool interrupted; /* pc is not behind a call */
    bool unreadable;  /* the walk ended at memory that is not there */
    struct trail *trail;
};

static bool read_for(struct frame *f, uintptr_t address, uintptr_t *ret_word)
{
    f->unreadable = !read_word(address, ret_word);
    return !f->unreadable;
}

/* Most frame pointers that are saved are no frame pointers: only those that are used matter. */
static uintptr_t use_fp(const struct frame *f)
{
    if (f->fp_at)
        trail_note(f->trail, f->fp_at, f->fp, 0);
    else if (f->trail)
        STORE(f->trail->needs_fp, true);
    return f->fp;
}

static bool find_cfa(struct frame *f, struct frame_rule rule, uintptr_t *ret_cfa)
{
    bool uses_fp = rule.flags & FRAME_CFA_FP;
    uintptr_t at = (uses_fp ? use_fp(f) : f->sp) + (uintptr_t)(intptr_t)rule.cfa * 8;
    *ret_cfa = at;
    if (!(rule.flags & FRAME_CFA_DEREF))
        return true;
    if (!read_for(f, at, ret_cfa))
        return false;
    trail_note(f->trail, at, *ret_cfa, 0);
    return true;
}

static bool load_fp(struct frame *f, struct frame_rule rule, uintptr_t cfa)
{
    if (!(rule.flags & (FRAME_FP_SAVED | FRAME_FP_AT_FP)))
        return true;
    uintptr_t base = rule.flags & FRAME_FP_SAVED ? cfa : use_fp(f);
    f->fp_at = base + (uintptr_t)(intptr_t)rule.fp * 8;
    return read_for(f, f->fp_at, &f->fp);
}

/* Where the kernel keeps what a signal interrupted, from the handler's caller on the stack. */
#if defined(__x86_64__)
enum {
    SAVED_PC = offsetof(ucontext_t, uc_mcontext.gregs[REG_RIP]),
    SAVED_SP = offsetof(ucontext_t, uc_mcontext.gregs[REG_RSP]),
    SAVED_FP = offsetof(ucontext_t, uc_mcontext.gregs[REG_RBP]),
};
#elif defined(__aarch64__)
enum {
    SAVED_PC = sizeof(siginfo_t) + offsetof(ucontext_t, uc_mcontext.pc),
    SAVED_SP = sizeof(siginfo_t) + offsetof(ucontext_t, uc_mcontext.sp),
    SAVED_FP = sizeof(siginfo_t) + offsetof(ucontext_t, uc_mcontext.regs[29]),
};
#endif

/* To the frame that the signal interrupted, perhaps on another stack. */
static bool step_over_signal(struct frame *f)
{
    uintptr_t saved = f->sp, sp;
    f->fp_at = saved + SAVED_FP;
    if (!read_for(f, saved + SAVED_SP, &sp) || !read_for(f, f->fp_at, &f->fp) ||
        !read_for(f, saved + SAVED_PC, &f->pc))
        return false;
    trail_note(f->trail, saved + SAVED_SP, sp, 0);
    trail_note(f->trail, saved + SAVED_PC, f->pc, sp);
    f->sp = sp;
    f->fp_known = f->interrupted = true;
    f->unreadable = !find_stack(sp);
    return f->pc != 0 && !f->unreadable;
}

/* To the caller's frame. False: there is none that can be found. */
static bool step(struct frame *f, struct frame_rule rule)
{
    uintptr_t cfa;
    if (rule.flags & FRAME_SIGNAL)
        return step_over_signal(f);
    f->interrupted = false;
    if (!(rule.flags & FRAME_KNOWN))
        return false;
    if (rule.flags & (FRAME_CFA_FP | FRAME_FP_AT_FP) && !f->fp_known)
        return false;
    if (!find_cfa(f, rule, &cfa) || cfa <= f->sp)
        return false;
    uintptr_t ra = cfa + (uintptr_t)(intptr_t)rule.ra * 8;
    if (!read_for(f, ra, &f->pc) || !load_fp(f, rule, cfa))
        return false;
    trail_note(f->trail, ra, f->pc, cfa);
    if (rule.flags & FRAME_FP_LOST)
        f->fp_known = false;
    f->sp = cfa;
    return f->pc != 0;
}

static inline __attribute__((always_inline)) struct frame here(void)
{
    struct frame f = {.fp_known = true};
#if defined(__x86_64__)
    __asm__ volatile("leaq 0(%%rip), %0\n\tmovq %%rsp, %1\n\tmovq %%rbp, %2"
                     : "=&r"(f.pc), "=&r"(f.sp), "=&r"(f.fp));
#elif defined(__aarch64__)
    __asm__ volatile("adr %0, .\n\tmov %1, sp\n\tmov %2, x29"
                     : "=&r"(f.pc), "=&r"(f.sp), "=&r"(f.fp));
#endif
    return f;
}

static unsigned walk(struct frame *f, void **addresses, const struct places *places, unsigned max)
{
    unsigned count = 0;
    /* The first address is of an instruction under way; the others follow a call, which may be the
     * last of its function: the one before decides. */
    if (!step(f, rule_at(f->pc)))
        return 0;
    while (count < max) {
        f->pc = plain_address(f->pc);
        set_place(places, count, f->sp);
        addresses[count++] = (void *)f->pc;
        if (!step(f, rule_at(f->pc - !f->interrupted))) {
            f->sp = UINTPTR_MAX;
            break;
        }
    }
    set_place(places, count, f->sp);
    return count;
}

__attribute__((noinline)) unsigned unwind(
    void **addresses, frame_place *stacks, uintptr_t base, unsigned max)
{
    const struct places places = {stacks, base};
    struct frame frame = here();
    const uintptr_t sp = frame.sp, fp = frame.fp;
    (void)find_stack(sp); /* it is in use */
    for (unsigned way = 0; way < TRAIL_WAYS; way++) {
        unsigned count = trail_follow(trails_of(sp) + way, sp, fp, addresses, &places, max);
        if (count)
            return count;
    }
    struct trail *trail = frame.trail = trail_begin(sp);
    unsigned count = walk(&frame, addresses, &places, max);
    trail_end(trail, fp, max, !frame.unreadable);
    return count;
}
