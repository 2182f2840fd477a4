#include "caller.h"

#include <stdatomic.h>
#include <string.h>

#include "probe.h"
#include "readable.h"
#include "sys.h"

enum {
    FILES_MAX = 256,
    NEAR = 64 * 1024, /* of the stack above a frame: what its callers are made of */
};

static _Atomic bool locked_in, filtered;

void caller_lock_in(void)
{
    atomic_store_explicit(&locked_in, true, memory_order_relaxed);
}

bool caller_is_locked_in(void)
{
    return atomic_load_explicit(&locked_in, memory_order_relaxed);
}

void caller_is_filtered(void)
{
    atomic_store_explicit(&filtered, true, memory_order_relaxed);
}

/* ---- mapped files ---- */

/* end is 0 while an entry is free or being filled in. */
static struct {
    _Atomic uintptr_t start, end;
} files[FILES_MAX];
static _Atomic unsigned files_end; /* entries from here on were never used */
static _Atomic bool anywhere;      /* there were more than can be remembered */

void caller_maps_files_unseen(void)
{
    atomic_store(&anywhere, true);
}

void caller_mapped_file(const void *at, size_t len)
{
    for (unsigned i = 0; i < FILES_MAX; i++) {
        uintptr_t none = 0;
        if (!atomic_compare_exchange_strong(&files[i].start, &none, (uintptr_t)at))
            continue;
        atomic_store(&files[i].end, (uintptr_t)at + len);
        unsigned end = atomic_load(&files_end);
        while (end <= i && !atomic_compare_exchange_weak(&files_end, &end, i + 1))
            ;
        return;
    }
    caller_maps_files_unseen();
}

/* Only whole mappings are forgotten: of one that is partly gone the rest is a file still. */
void caller_unmapped(const void *at, size_t len)
{
    uintptr_t start = (uintptr_t)at, end = start + len;
    unsigned count = atomic_load_explicit(&files_end, memory_order_relaxed);
    for (unsigned i = 0; unlikely(i < count); i++) {
        uintptr_t file_end = atomic_load(&files[i].end);
        if (!file_end || atomic_load(&files[i].start) < start || file_end > end)
            continue;
        atomic_store(&files[i].end, 0);
        atomic_store(&files[i].start, 0);
    }
}

static bool is_file(uintptr_t at, size_t n)
{
    unsigned count = atomic_load_explicit(&files_end, memory_order_relaxed);
    for (unsigned i = 0; unlikely(i < count); i++)
        if (at < atomic_load(&files[i].end) && at + n > atomic_load(&files[i].start))
            return true;
    return false;
}

bool caller_is_file(const void *at, size_t len)
{
    return is_file((uintptr_t)at, len);
}

/* ---- copying ---- */

static bool may_ask_kernel_to_copy(void)
{
    return !caller_is_locked_in() && !atomic_load_explicit(&filtered, memory_order_relaxed);
}

static bool copy_by_kernel(void *out, uintptr_t at, size_t n)
{
    struct iovec local = {out, n}, remote = {(void *)at, n};
    long pid = sys(SYS_getpid);
    return sys(SYS_process_vm_readv, pid, &local, 1, &remote, 1, 0) == (long)n;
}

/* The callers' own frames and arrays lie above ours, in pages that stay. */
static bool is_near(uintptr_t at)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    return at >= here && at - here < NEAR;
}

static bool is_there(struct caller *caller, uintptr_t at, size_t n)
{
    uintptr_t page = at / PAGE;
    if (!page || at >> 56)
        return false;
    if (caller->page == page)
        return true;
    if (!caller_is_locked_in() && !(is_near(at) ? memory_readable(page * PAGE, 8)
                                                : probe_page(n < 8 ? at & ~(uintptr_t)7 : at)))
        return false;
    caller->page = page;
    return true;
}

static bool copy_part(struct caller *caller, void *out, uintptr_t at, size_t n)
{
    bool file = is_file(at, n);
    if (unlikely(file || atomic_load_explicit(&anywhere, memory_order_relaxed)) &&
        may_ask_kernel_to_copy())
        return copy_by_kernel(out, at, n);
    if (file || !is_there(caller, at, n))
        return false;
    memcpy(out, (const void *)at, n);
    return true;
}

size_t caller_copy(struct caller *caller, void *out, const void *from, size_t n)
{
    size_t done = 0;
    while (done < n) {
        uintptr_t at = (uintptr_t)from + done;
        size_t part = PAGE - at % PAGE;
        if (part > n - done)
            part = n - done;
        if (!copy_part(caller, (char *)out + done, at, part))
            break;
        done += part;
    }
    return done;
}

size_t caller_gather(
    struct caller *caller, char *out, const struct iovec *iov, int count, uint64_t from, size_t n)
{
    size_t done = 0;
    for (int i = 0; i < count && done < n; i++) {
        if (from >= iov[i].iov_len) {
            from -= iov[i].iov_len;
            continue;
        }
        size_t part = iov[i].iov_len - (size_t)from;
        if (part > n - done)
            part = n - done;
        size_t copied = caller_copy(caller, out + done, (const char *)iov[i].iov_base + from, part);
        done += copied;
        if (copied < part)
            break;
        from = 0;
    }
    return done;
}
