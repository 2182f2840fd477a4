/* In a handler on an alternate stack of the traditional 8 KB, below it a page that faults. The
 * kernel's own frame comes on top: with wide vector registers it alone is larger than MINSIGSTKSZ
 * was. */
#include "runner.h"

#include <sys/auxv.h>
#include <sys/mman.h>

enum { TRADITIONAL_SIZE = 8192, PAGE = 4096 };

static void handler(int number)
{
    run_snippet();
    (void)number;
}

CONTEXT(on_small_stack)
{
    size_t frame = getauxval(AT_MINSIGSTKSZ);
    size_t size = (TRADITIONAL_SIZE + frame + PAGE - 1) / PAGE * PAGE;
    char *map = mmap(NULL, PAGE + size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(map + PAGE, size, PROT_READ | PROT_WRITE);
    char *low = map + PAGE + size - TRADITIONAL_SIZE - frame;
    stack_t stack = {.ss_sp = low, .ss_size = TRADITIONAL_SIZE + frame};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    signal(SIGUSR1, SIG_DFL);
}
