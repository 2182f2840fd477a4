#include "python.h"

#include <stddef.h>

#include "python_code.h"
#include "readable.h"

enum {
    DEPTH_MAX = 2048, /* frames looked at; further out than those kept, for where they run */
    OWNED_BY_NATIVE_STACK = 3,
};

static struct python python;

static bool find(void)
{
    struct elf_object object;
    struct python *py = &python;
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

struct walk {
    const struct python *py;
    struct placing placing;
    unsigned limit;
    uintptr_t cframe; /* of the run of the loop at hand */
};

/* The instruction's offset in bytes; < 0: the frame has not begun. */
static int64_t position_of(const struct python_layout *l, uintptr_t frame, uintptr_t code)
{
    if (l->chain != CHAIN_OBJECTS)
        return (int64_t)(memory_word(frame + l->frame.position) - (code + l->code.instructions));
    int64_t last = *(const int32_t *)(frame + l->frame.position);
    return l->language == CODE_PYTHON_LINES ? last * 2 : last;
}

static bool add_frame(struct walk *w, uintptr_t frame)
{
    uintptr_t code = memory_word(frame + w->py->layout.frame.code);
    int64_t position = position_of(&w->py->layout, frame, code);
    if (position < 0)
        return true;
    uint64_t id = python_code_id(w->py, code);
    if (!id || position > INT32_MAX)
        return false;
    unsigned i = w->placing.stack->count++;
    w->placing.stack->frames[i] =
        (struct rec_code_frame){.code_id = id, .position = (uint32_t)position};
    w->placing.stack->objects[i] = code;
    return true;
}

static bool leave_cframe(struct walk *w)
{
    uintptr_t cframe = w->cframe;
    if (!memory_readable(cframe, w->py->layout.cframe.previous + 8u))
        return false;
    w->cframe = memory_word(cframe + w->py->layout.cframe.previous);
    return placing_next(&w->placing, cframe);
}

/* One frame of the chain. False: not as expected. */
static bool visit(struct walk *w, uintptr_t frame)
{
    const struct python_layout *l = &w->py->layout;
    uint8_t owner = *(const uint8_t *)(frame + l->frame.owner);
    if (l->chain == CHAIN_ENTRIES && owner == OWNED_BY_NATIVE_STACK)
        return placing_next(&w->placing, frame);
    if (w->placing.stack->count < w->limit && !add_frame(w, frame))
        return false;
    if (l->chain == CHAIN_CFRAMES)
        return !owner || leave_cframe(w);
    return l->chain == CHAIN_ENTRIES || placing_next(&w->placing, 0);
}

static bool walk_frames(struct walk *w, uintptr_t frame)
{
    const struct python_layout *l = &w->py->layout;
    for (unsigned depth = 0; frame && depth < DEPTH_MAX; depth++) {
        if (w->placing.stack->count == w->limit && w->placing.placed == w->limit)
            return true;
        if (!memory_readable(frame, l->frame.size) || !visit(w, frame))
            return false;
        frame = memory_word(frame + l->frame.previous);
    }
    if (frame)
        return placing_next(&w->placing, 0); /* deep recursion in one run of the loop */
    /* Loops further out are of another greenlet, which waits. */
    return w->placing.placed == w->placing.stack->count;
}

static bool walk_thread(struct walk *w)
{
    const struct python_layout *l = &w->py->layout;
    uintptr_t thread = (uintptr_t)w->py->this_thread();
    if (!thread || !memory_readable(thread + l->thread.frame, 8))
        return false;
    uintptr_t frame = memory_word(thread + l->thread.frame);
    if (l->thread.by_cframe) {
        w->cframe = frame;
        if (!memory_readable(frame, l->cframe.frame + 16))
            return false;
        frame = memory_word(frame + l->cframe.frame);
    }
    return walk_frames(w, frame);
}

static bool walk(const struct native_stack *native, unsigned limit, struct code_stack *stack)
{
    struct walk w = {
        .py = &python,
        .placing = {.native = native,
            .stack = stack,
            .loop_start = python.loop_start,
            .loop_length = python.loop_length},
        .limit = limit,
    };
    return walk_thread(&w);
}

static bool tell(uintptr_t object, uint64_t id)
{
    return python_code_tell(&python, object, id);
}

const struct interpreter python_interpreter = {.find = find, .walk = walk, .tell = tell};
