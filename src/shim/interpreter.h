/* The frames of an interpreter that runs in this process, and names for its code objects that
 * outlive their addresses. The calling thread is inside a C function that the interpreter called,
 * so its chain of frames cannot move and what it refers to cannot go away. */
#ifndef APMSHIM_SHIM_INTERPRETER_H
#define APMSHIM_SHIM_INTERPRETER_H

#include <stdbool.h>
#include <stdint.h>

#include "unwind.h"
#include "wire/record.h"

/* What unwind() found. */
struct native_stack {
    unsigned count;
    void *const *addresses;
    const frame_place *stacks; /* count + 1; NULL: not known */
    uintptr_t base;            /* of stacks */
};

/* The interpreter's frames, innermost first. None is kept here, since the service's stack may be
 * small: they are hashed as they are found, and written or told where that is wanted. */
struct code_stack {
    unsigned count;
    uint64_t hash;
    struct rec_code_frame *frames; /* room for as many as are asked for; NULL: not wanted */
    bool tell;                     /* write those code objects that the reader does not know */
    bool untold;                   /* that was not possible */
};

/* ---- for the recorder ---- */

/* Whether there is one whose frames can be read. */
bool interpreter_known(void);
/* Looks for one if none is known. */
void interpreter_look(void);
/* In a forked child: whoever looked in the parent is not here. */
void interpreter_forked(void);
/* After dlclose. */
void interpreter_forget(void);
/* Finds the frames, at most limit; none where there is no interpreter, or not as expected. */
void interpreter_walk(const struct native_stack *native, unsigned limit, struct code_stack *stack);
/* What the calling thread is in, as records have it. */
uint64_t interpreter_task(void);

/* ---- for interpreters ---- */

struct interpreter {
    bool (*find)(void);
    /* False: something is not as expected. */
    bool (*walk)(const struct native_stack *native, unsigned limit, struct code_stack *stack);
    /* Writes the object's record. */
    bool (*tell)(uintptr_t object, uint64_t id);
    /* NULL: it has no tasks. */
    uint64_t (*task)(void);
};

/* One more frame. */
void code_stack_add(struct code_stack *stack, uint64_t id, uint32_t position, uintptr_t object);

/* Goes along the native frames as the chain of the interpreter's is followed, innermost first. */
struct placing {
    const struct native_stack *native;
    struct code_stack *stack;
    uintptr_t loop_start, loop_length; /* the function that the interpreter's code runs in */
    unsigned loops;                    /* runs of it so far */
    unsigned at;                       /* native frame next to be looked at */
    unsigned placed;                   /* frames that have their native one */
    uintptr_t outer;                   /* where the last run was on the stack */
};

/* Gives the frames since the last call their native frame: the one around an address on the stack,
 * or, where that is not known (0), the next that is the loop's function. False: it is not there, or
 * there is another loop before it, so this is not the chain of this stack. That the native frames
 * end early is no reason once the first was found. */
bool placing_next(struct placing *placing, uintptr_t anchor);

/* The id of the object with this address and fingerprint, 0: not known. */
uint64_t code_id_known(uintptr_t object, uint64_t fingerprint);
void code_id_remember(uintptr_t object, uint64_t fingerprint, uint64_t id);

#endif
