/* What decides how the caller's memory may be read: files that are mapped, and filters. */
#include "hooks.h"

#include <linux/mman.h>
#include <linux/prctl.h>

#include "caller.h"
#include "recorder.h"

static void *mapped(void *at, size_t len, int flags)
{
    if (unlikely(!(flags & MAP_ANONYMOUS)) && (uintptr_t)at != UINTPTR_MAX)
        caller_mapped_file(at, len);
    return at;
}

void *wrap_mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
    return mapped(real.mmap(at, len, protection, flags, fd, offset), len, flags);
}

void *wrap_mmap64(void *at, size_t len, int protection, int flags, int fd, off64_t offset)
{
    return mapped(real.mmap64(at, len, protection, flags, fd, offset), len, flags);
}

/* Before: afterwards another file may be there. */
int wrap_munmap(void *at, size_t len)
{
    caller_unmapped(at, len);
    return real.munmap(at, len);
}

void *wrap_mremap(void *at, size_t len, size_t new_len, long flags, void *to)
{
    bool file = caller_is_file(at, len);
    void *moved = real.mremap(at, len, new_len, flags, to);
    return file ? mapped(moved, new_len, 0) : moved;
}

int wrap_prctl(long option, long a, long b, long c, long d)
{
    if (option == PR_SET_SECCOMP)
        caller_lock_in();
    return real.prctl(option, a, b, c, d);
}
