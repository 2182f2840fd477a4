/* Code objects: a name for each that outlives its address, and its record. */
#ifndef APMSHIM_SHIM_PYTHON_CODE_H
#define APMSHIM_SHIM_PYTHON_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "python_layout.h"

struct python {
    void *(*this_thread)(void);        /* PyGILState_GetThisThreadState: needs no GIL */
    uintptr_t code, text, bytes;       /* the types */
    uintptr_t loop_start, loop_length; /* _PyEval_EvalFrameDefault */
    struct python_layout layout;
};

/* The code object's id: a hash of file, name, first line and line table. 0: it is none. */
uint64_t python_code_id(const struct python *python, uintptr_t object);
/* Writes its record. */
bool python_code_tell(const struct python *python, uintptr_t object, uint64_t id);

#endif
