#include "unwind.h"

#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "elf.h"
#include "frame_info.h"
#include "sys.h"

enum { RULES = 2048, PAGE = 4096, STACK_PAGES_MAX = 4096 };

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

/* As in glibc's dlfcn.h from 2.35 on. */
struct found_object {
    unsigned long long flags;
    void *map_start, *map_end, *link_map, *eh_frame_header;
    unsigned long long reserved[7];
};
static int (*find_object)(void *address, struct found_object *ret_found);

void unwind_init(void)
{
    find_object = (int (*)(void *, struct found_object *))elf_any("_dl_find_object", NULL);
}

void unwind_forget(void)
{
    atomic_fetch_add_explicit(&epoch, 1, memory_order_relaxed);
}

/* ---- rules ---- */

struct search {
    uintptr_t pc;
    const uint8_t *header;
};

static int visit(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *search = data;
    const uint8_t *header = NULL;
    bool inside = false;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + p->p_vaddr;
        if (p->p_type == PT_LOAD)
            inside |= search->pc - start < p->p_memsz;
        else if (p->p_type == PT_GNU_EH_FRAME)
            header = (const uint8_t *)start;
    }
    if (inside)
        search->header = header;
    return inside;
}

static const uint8_t *find_header(uintptr_t pc)
{
    struct found_object found;
    struct search search = {.pc = pc};
    if (!find_object)
        dl_iterate_phdr(visit, &search);
    else if (find_object((void *)pc, &found) == 0)
        search.header = found.eh_frame_header;
    return search.header;
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
    struct frame_rule rule;
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

/* The kernel looks at the mask before it refuses the operation: EFAULT tells an unreadable page,
 * and nothing is changed. */
static bool probe(uintptr_t page)
{
    enum { NO_SUCH_OPERATION = 99, EFAULT_NUMBER = 14 };
    return sys(SYS_rt_sigprocmask, NO_SUCH_OPERATION, page, NULL, 8) != -EFAULT_NUMBER;
}

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
            if (!probe(readable.high))
                return false;
    }
    *ret_word = *(const uintptr_t *)address;
    return true;
}

static void find_stack(uintptr_t sp)
{
    if (sp - readable.low < readable.high - readable.low)
        return;
    readable.low = sp & ~(uintptr_t)(PAGE - 1);
    readable.high = readable.low + PAGE; /* it is in use */
}

struct frame {
    uintptr_t pc, sp, fp;
    bool fp_known;
};

/* To the caller's frame. False: there is none that can be found. */
static bool step(struct frame *f, struct frame_rule rule)
{
    uintptr_t cfa = f->sp, fp = f->fp, words = (uintptr_t)(intptr_t)rule.fp * 8;
    if (!(rule.flags & FRAME_KNOWN))
        return false;
    if (rule.flags & (FRAME_CFA_FP | FRAME_FP_AT_FP) && !f->fp_known)
        return false;
    if (rule.flags & FRAME_CFA_FP)
        cfa = fp;
    cfa += (uintptr_t)(intptr_t)rule.cfa * 8;
    if (rule.flags & FRAME_CFA_DEREF && !read_word(cfa, &cfa))
        return false;
    if (cfa <= f->sp || !read_word(cfa + (uintptr_t)(intptr_t)rule.ra * 8, &f->pc))
        return false;
    if (rule.flags & FRAME_FP_SAVED && !read_word(cfa + words, &f->fp))
        return false;
    if (rule.flags & FRAME_FP_AT_FP && !read_word(fp + words, &f->fp))
        return false;
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

/* A signed return address (aarch64) without its signature; a hint instruction elsewhere. */
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

__attribute__((noinline)) unsigned unwind(void **addresses, unsigned max)
{
    struct frame frame = here();
    unsigned count = 0;
    find_stack(frame.sp);
    /* The first address is of an instruction under way; the others follow a call, which may be the
     * last of its function: the one before decides. */
    if (!step(&frame, rule_at(frame.pc)))
        return 0;
    while (count < max) {
        frame.pc = plain_address(frame.pc);
        addresses[count++] = (void *)frame.pc;
        if (!step(&frame, rule_at(frame.pc - 1)))
            break;
    }
    return count;
}
