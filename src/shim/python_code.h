/* Code objects: a name for each that outlives its address, and its record. */
#ifndef APMSHIM_SHIM_PYTHON_CODE_H
#define APMSHIM_SHIM_PYTHON_CODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe.h"
#include "python_layout.h"
#include "recorder.h"

struct python {
    void *(*this_thread)(void);        /* PyGILState_GetThisThreadState: needs no GIL */
    uintptr_t code, text, bytes;       /* the types */
    uintptr_t loop_start, loop_length; /* _PyEval_EvalFrameDefault */
    struct python_layout layout;
};

enum { PYTHON_PAGES = 1024 };
/* Pages known to be readable, their number + 1 at its remainder. */
extern _Atomic uintptr_t python_pages[PYTHON_PAGES];
bool python_probe(uintptr_t address, size_t size);

/* Whether [address, address + size) can be read; asks the kernel once for each page. Pages are
 * remembered: only for what an object that is alive refers to. */
static inline bool python_readable(uintptr_t address, size_t size)
{
    uintptr_t page = address / PAGE, last = (address + size - 1) / PAGE;
    if (likely(page == last && !(address & 7) &&
               atomic_load_explicit(&python_pages[page % PYTHON_PAGES], memory_order_relaxed) ==
                   page + 1))
        return true;
    return python_probe(address, size);
}

/* Void what is remembered. */
void python_code_forget(void);

static inline uintptr_t python_word(uintptr_t address)
{
    return *(const uintptr_t *)address;
}

/* The code object's id: a hash of file, name, first line and line table. 0: it is none. */
uint64_t python_code_id(const struct python *python, uintptr_t object);
/* Writes its record, if it has not been written to this reader. */
bool python_code_tell(const struct python *python, uintptr_t object, uint64_t id);

#endif
