/* Whether memory can be read, by asking the kernel: no fault, no descriptor, nothing allocated. */
#ifndef APMSHIM_SHIM_PROBE_H
#define APMSHIM_SHIM_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys.h"

enum { PAGE = 4096 };

/* The kernel looks at the mask before it refuses the operation: EFAULT tells an unreadable page,
 * and nothing is changed. */
static inline bool probe_page(uintptr_t page)
{
    enum { NO_SUCH_OPERATION = 99, EFAULT_NUMBER = 14 };
    return sys(SYS_rt_sigprocmask, NO_SUCH_OPERATION, page, NULL, 8) != -EFAULT_NUMBER;
}

#endif
