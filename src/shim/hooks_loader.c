/* The loading and unloading of objects, and names asked for by hand. */
#include "hooks.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>

#include "elf.h"
#include "interpreter.h"
#include "rebind.h"
#include "recorder.h"
#include "stack.h"

/* Before glibc 2.34 these are in a library that may be loaded later than we. */
static void *next_function(_Atomic uintptr_t *found, const char *name)
{
    uintptr_t next = atomic_load_explicit(found, memory_order_relaxed);
    if (unlikely(!next)) {
        next = (uintptr_t)elf_next(name);
        atomic_store_explicit(found, next, memory_order_relaxed);
    }
    return (void *)next;
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
    static _Atomic uintptr_t found;
    __typeof__(dlopen) *next = (__typeof__(dlopen) *)next_function(&found, "dlopen");
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
    if (recorder_active())
        interpreter_forget(); /* what goes may be asked no more, from the first moment on */
    elf_unload_begin();
    int result = real.dlclose(handle);
    elf_unload_end();
    library_forget_unloaded();
    if (recorder_active())
        stack_modules_changed();
    return result;
}

/* A lookup of our own, after which nothing of the kind is left to be done: no jump. */
static void *next_behind_us(__typeof__(dlsym) *next, const char *name)
{
    void *found = next(RTLD_NEXT, name);
    __asm__ volatile("" : "+r"(found));
    return found;
}

/* Programs that load libpq by themselves (ctypes, Tcl) ask for its functions by name and would call
 * past us; others ask whether there is a libpq, and must not find us. What dlsym answers may depend
 * on who asks: all else goes on as a jump, with the caller's return address. */
void *wrap_dlsym(void *restrict handle, const char *restrict name)
{
    static _Atomic uintptr_t found;
    __typeof__(dlsym) *next = (__typeof__(dlsym) *)next_function(&found, "dlsym");
    if (unlikely(!next))
        return NULL;
    void *hook = libpq_hook(name);
    if (likely(!hook) || !recorder_allowed())
        return next(handle, name);
    bool by_caller = handle == RTLD_NEXT || handle == RTLD_DEFAULT, there = elf_any(name, NULL);
    if ((by_caller && !there && !libpq_exports(name)) || (handle == RTLD_NEXT && there))
        return next(handle, name);
    if (by_caller && !there)
        return next_behind_us(next, name);
    void *theirs = next(handle, name);
    if (libpq_answers(hook, theirs, name, __builtin_return_address(0)))
        return hook;
    if (theirs != hook)
        return theirs;
    return next_behind_us(next, name) ? hook : NULL;
}
