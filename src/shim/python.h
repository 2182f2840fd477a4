/* The Python frames of the calling thread, without the GIL: the thread is inside a C function that
 * they called, so its chain of frames cannot move and what it refers to cannot go away. Every page
 * is probed before it is read the first time, and what is not as expected costs the Python frames,
 * not the service. */
#ifndef APMSHIM_SHIM_PYTHON_H
#define APMSHIM_SHIM_PYTHON_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/record.h"

/* What unwind() found. */
struct native_stack {
    unsigned count;
    void *const *addresses;
    const uintptr_t *stacks; /* count + 1 */
};

struct code_stack {
    unsigned count;
    struct rec_code_frame frames[STACK_FRAMES_MAX]; /* innermost first */
    uintptr_t objects[STACK_FRAMES_MAX];            /* the code objects */
};

/* Whether there is an interpreter whose frames can be read. */
bool python_known(void);
/* Looks for an interpreter if none is known. Takes the loader's lock. True: there is one now. */
bool python_look(void);
/* After dlclose. */
void python_forget(void);
/* Fills in the frames, at most limit; none where there is no interpreter, or one that is not known.
 */
void python_walk(const struct native_stack *native, unsigned limit, struct code_stack *ret_stack);
/* Writes those code objects that the reader does not know. False: not possible now. */
bool python_tell(const struct code_stack *stack);

#endif
