#include "keeper.h"

#include <linux/wait.h>
#include <pthread.h>
#include <sys/prctl.h>

#include "elf.h"
#include "sys.h"

enum {
    PAGE = 4096,
    RANGES = sizeof((struct keeper *)0)->kept / sizeof(struct range),
    DESCRIPTORS_MAX = 65536, /* closed one by one where close_range is missing */
    ADDRESS_BITS_MAX = 56,   /* of user space, on any processor */
    ADDRESS_BITS_LEAST = 38,
};

bool keeper_needed(void)
{
    int adopts = 0;
    return sys(SYS_getpid) == 1 ||
           (sys(SYS_prctl, PR_GET_CHILD_SUBREAPER, &adopts, 0, 0, 0) == 0 && adopts);
}

static struct range pages(uintptr_t from, uintptr_t to)
{
    return (struct range){from & ~(uintptr_t)(PAGE - 1), (to + PAGE - 1) & ~(uintptr_t)(PAGE - 1)};
}

bool keeper_prepare(struct keeper *keeper, const void *stack, size_t stack_size)
{
    uintptr_t low = (uintptr_t)stack, thread = (uintptr_t)pthread_self();
    struct elf_object own;
    if (!elf_object_of((const void *)(uintptr_t)keeper_stay, &own))
        return false;
    /* The thread's descriptor holds what the kernel writes to at every switch (rseq). */
    keeper->kept[0] = pages(own.start, own.end);
    keeper->kept[1] = pages(low, low + stack_size);
    keeper->kept[2] = pages(thread, thread + PAGE);
    return true;
}

static void sort(struct range *ranges)
{
    for (unsigned i = 1; i < RANGES; i++)
        for (unsigned j = i; j > 0 && ranges[j].from < ranges[j - 1].from; j--) {
            struct range lower = ranges[j];
            ranges[j] = ranges[j - 1];
            ranges[j - 1] = lower;
        }
}

/* The kernel accepts no length beyond the end of user space, and does not say where that is. */
static void unmap_from(uintptr_t from)
{
    for (unsigned bits = ADDRESS_BITS_MAX; bits >= ADDRESS_BITS_LEAST; bits--) {
        uintptr_t end = (UINT64_C(1) << bits) - PAGE;
        if (end > from && sys(SYS_munmap, from, end - from) == 0)
            return;
    }
}

static void unmap_all_but(struct keeper keeper)
{
    uintptr_t at = 0;
    sort(keeper.kept);
    for (unsigned i = 0; i < RANGES; i++) {
        if (keeper.kept[i].from > at)
            sys(SYS_munmap, at, keeper.kept[i].from - at);
        if (keeper.kept[i].to > at)
            at = keeper.kept[i].to;
    }
    unmap_from(at);
}

_Noreturn void keeper_stay(const struct keeper *keeper)
{
    sys(SYS_setsid);
    sys(SYS_chdir, "/");
    if (sys(SYS_close_range, 0, ~0u, 0) < 0)
        for (int fd = 0; fd < DESCRIPTORS_MAX; fd++)
            sys(SYS_close, fd);
    sys(SYS_prctl, PR_SET_NAME, "apmshim-keeper", 0, 0, 0);
    unmap_all_but(*keeper);
    while (sys(SYS_wait4, -1, NULL, __WALL, NULL) > 0)
        ;
    for (;;)
        sys(SYS_exit_group, 0);
}
