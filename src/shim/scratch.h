/* Memory in which a call keeps what it will record, while the call is under way. It is not the
 * ring's, since a call may wait for ever; nor the stack's, since a coroutine's may have 4 KB. */
#ifndef APMSHIM_SHIM_SCRATCH_H
#define APMSHIM_SHIM_SCRATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

enum { SCRATCH_BYTES = 16 * 1024, SCRATCH_IOVS = 1024 /* IOV_MAX: the kernel takes no more */ };

struct scratch {
    char bytes[SCRATCH_BYTES];
    struct iovec iov[SCRATCH_IOVS];
};

/* How one is held; all-zero: none. */
struct scratch_hold {
    struct scratch *scratch;
    uint32_t index, turn;
};

/* Maps the memory, once; before the process may lock itself in. */
void scratch_prepare(void);
/* None: so many calls are under way. No system call, no lock. */
struct scratch_hold scratch_take(void);
/* Whether it is still this call's. A thread takes back what a longjmp left in its own calls, and
 * may be wrong where it has several stacks. */
bool scratch_held(const struct scratch_hold *hold);
void scratch_give(struct scratch_hold *hold);
/* In a forked child: the calls of the other threads are not under way here. */
void scratch_forked(void);

#endif
