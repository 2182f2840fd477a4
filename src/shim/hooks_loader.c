/* The loading and unloading of objects. */
#include "hooks.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>

#include "elf.h"
#include "rebind.h"
#include "recorder.h"
#include "stack.h"

/* Before glibc 2.34 it is in a library that may be loaded later than we. */
static __typeof__(dlopen) *next_dlopen(void)
{
    static _Atomic uintptr_t found;
    uintptr_t next = atomic_load_explicit(&found, memory_order_relaxed);
    if (!next) {
        next = (uintptr_t)elf_next("dlopen");
        atomic_store_explicit(&found, next, memory_order_relaxed);
    }
    return (__typeof__(dlopen) *)next;
}

/* dlopen looks at who calls it: a name without a slash is searched for on the caller's own path,
 * $ORIGIN is where the caller lies, and its DT_RPATH is searched for what the object needs. So it
 * is left by a tail call wherever that may matter. */
static bool caller_matters(const char *file, const void *return_address)
{
    struct elf_object caller;
    if (!file || file[0] != '/' || strchr(file, '$'))
        return true;
    return !elf_object_of(return_address, &caller) || elf_dynamic_value(&caller, DT_RPATH);
}

void *wrap_dlopen(const char *file, int mode)
{
    __typeof__(dlopen) *next = next_dlopen();
    if (unlikely(!next))
        return NULL; /* a weak reference found us, but there is no loader to be called */
    if (likely(!(mode & RTLD_DEEPBIND)) || !recorder_allowed() ||
        caller_matters(file, __builtin_return_address(0)))
        return next(file, mode);
    void *handle = next(file, mode);
    if (handle)
        rebind_libpq();
    return handle;
}

int wrap_dlclose(void *handle)
{
    int result = real.dlclose(handle);
    if (recorder_active()) {
        library_forget_callers();
        stack_modules_changed();
    }
    return result;
}
