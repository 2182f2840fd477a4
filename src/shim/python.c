#include "python.h"

#include <stdatomic.h>
#include <stddef.h>

#include "modules.h"
#include "python_code.h"
#include "recorder.h"

enum {
    DEPTH_MAX = 2048, /* frames looked at; further out than those kept, for where they run */
    OWNED_BY_NATIVE_STACK = 3,
};

static struct python interpreter;
static _Atomic bool known;
static _Atomic uint32_t looking;
static uint64_t looked_at; /* the module map in which there was none */

/* ---- finding the interpreter ---- */

static bool find(struct python *py)
{
    struct elf_object object;
    py->this_thread = (void *(*)(void))elf_any("PyGILState_GetThisThreadState", &object);
    if (!py->this_thread || !python_layout_of(&object, &py->layout))
        return false;
    py->code = (uintptr_t)elf_object_symbol(&object, "PyCode_Type");
    py->text = (uintptr_t)elf_object_symbol(&object, "PyUnicode_Type");
    py->bytes = (uintptr_t)elf_object_symbol(&object, "PyBytes_Type");
    py->loop_start = (uintptr_t)elf_object_symbol(&object, "_PyEval_EvalFrameDefault");
    py->loop_length = elf_object_symbol_size(&object, "_PyEval_EvalFrameDefault");
    return py->code && py->text && py->bytes && py->loop_start;
}

bool python_known(void)
{
    return atomic_load_explicit(&known, memory_order_acquire);
}

bool python_look(void)
{
    uint64_t map = modules_map_id();
    uint32_t nobody = 0;
    if (map == looked_at || python_known() || !atomic_compare_exchange_strong(&looking, &nobody, 1))
        return false;
    looked_at = map;
    bool found = find(&interpreter);
    atomic_store_explicit(&known, found, memory_order_release);
    atomic_store(&looking, 0);
    return found;
}

void python_forget(void)
{
    atomic_store_explicit(&known, false, memory_order_relaxed);
    looked_at = 0;
    python_code_forget();
}

/* ---- frames ---- */

struct walk {
    const struct python *py;
    const struct native_stack *native;
    struct code_stack *stack;
    unsigned limit;
    unsigned loops;   /* runs of the interpreter loop so far */
    unsigned at;      /* native frame next to be looked at */
    unsigned placed;  /* frames that have their native one */
    uintptr_t cframe; /* of the loop at hand */
    uintptr_t outer;  /* where the last loop was on the stack */
};

static bool is_loop(const struct walk *w, unsigned at)
{
    return (uintptr_t)w->native->addresses[at] - w->py->loop_start <= w->py->loop_length;
}

/* Whether the loop at hand runs in this native frame: the one around an address on the stack, or,
 * where that is not known (0), the next that is the loop's function. */
static bool is_around(const struct walk *w, unsigned at, uintptr_t anchor)
{
    return anchor ? w->native->stacks[at + 1] > anchor : is_loop(w, at);
}

/* Gives the frames since the last call their native frame. False: it is not there, or there is a
 * loop before it, so this is not the chain of this stack. That the native frames end early is no
 * reason once the first was found. */
static bool place(struct walk *w, uintptr_t anchor)
{
    const struct native_stack *n = w->native;
    if (anchor && (anchor < n->stacks[0] || anchor <= w->outer))
        return false;
    for (; w->at < n->count && !is_around(w, w->at, anchor); w->at++)
        if (is_loop(w, w->at))
            return false;
    if (w->loops++ == 0 && w->at + 1 >= n->count)
        return false;
    for (; w->placed < w->stack->count; w->placed++)
        w->stack->frames[w->placed].native_index = w->at;
    w->outer = anchor;
    w->at += w->at < n->count;
    return true;
}

/* The instruction's offset in bytes; < 0: the frame has not begun. */
static int64_t position_of(const struct python_layout *l, uintptr_t frame, uintptr_t code)
{
    if (l->chain != CHAIN_OBJECTS)
        return (int64_t)(python_word(frame + l->frame.position) - (code + l->code.instructions));
    int64_t last = *(const int32_t *)(frame + l->frame.position);
    return l->language == CODE_PYTHON_LINES ? last * 2 : last;
}

static bool add_frame(struct walk *w, uintptr_t frame)
{
    uintptr_t code = python_word(frame + w->py->layout.frame.code);
    int64_t position = position_of(&w->py->layout, frame, code);
    if (position < 0)
        return true;
    uint64_t id = python_code_id(w->py, code);
    if (!id || position > INT32_MAX)
        return false;
    unsigned i = w->stack->count++;
    w->stack->frames[i] = (struct rec_code_frame){.code_id = id, .position = (uint32_t)position};
    w->stack->objects[i] = code;
    return true;
}

static bool leave_cframe(struct walk *w)
{
    uintptr_t cframe = w->cframe;
    if (!python_readable(cframe, w->py->layout.cframe.previous + 8u))
        return false;
    w->cframe = python_word(cframe + w->py->layout.cframe.previous);
    return place(w, cframe);
}

/* One frame of the chain. False: not as expected. */
static bool visit(struct walk *w, uintptr_t frame)
{
    const struct python_layout *l = &w->py->layout;
    uint8_t owner = *(const uint8_t *)(frame + l->frame.owner);
    if (l->chain == CHAIN_ENTRIES && owner == OWNED_BY_NATIVE_STACK)
        return place(w, frame);
    if (w->stack->count < w->limit && !add_frame(w, frame))
        return false;
    if (l->chain == CHAIN_CFRAMES)
        return !owner || leave_cframe(w);
    return l->chain == CHAIN_ENTRIES || place(w, 0);
}

static bool walk_frames(struct walk *w, uintptr_t frame)
{
    const struct python_layout *l = &w->py->layout;
    for (unsigned depth = 0; frame && depth < DEPTH_MAX; depth++) {
        if (w->stack->count == w->limit && w->placed == w->limit)
            return true;
        if (!python_readable(frame, l->frame.size) || !visit(w, frame))
            return false;
        frame = python_word(frame + l->frame.previous);
    }
    if (frame)
        return place(w, 0); /* deep recursion in one run of the loop */
    /* Loops further out are of another greenlet, which waits. */
    return w->placed == w->stack->count;
}

static bool walk_thread(struct walk *w)
{
    const struct python_layout *l = &w->py->layout;
    uintptr_t thread = (uintptr_t)w->py->this_thread();
    if (!thread || !python_readable(thread + l->thread.frame, 8))
        return false;
    uintptr_t frame = python_word(thread + l->thread.frame);
    if (l->thread.by_cframe) {
        w->cframe = frame;
        if (!python_readable(frame, l->cframe.frame + 16))
            return false;
        frame = python_word(frame + l->cframe.frame);
    }
    return walk_frames(w, frame);
}

void python_walk(const struct native_stack *native, unsigned limit, struct code_stack *ret_stack)
{
    struct walk walk = {.py = &interpreter, .native = native, .stack = ret_stack, .limit = limit};
    ret_stack->count = 0;
    if (!native->count || !python_known())
        return;
    if (!walk_thread(&walk))
        ret_stack->count = 0;
}

bool python_tell(const struct code_stack *stack)
{
    for (unsigned i = 0; i < stack->count; i++)
        if (!python_code_tell(&interpreter, stack->objects[i], stack->frames[i].code_id))
            return false;
    return true;
}
