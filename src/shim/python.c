#include "python.h"

#include <stddef.h>

#include "python_code.h"
#include "readable.h"

/* CO_COROUTINE, CO_ITERABLE_COROUTINE (Include/cpython/code.h) */
enum { IS_COROUTINE = 0x80 | 0x100 };

enum {
    DEPTH_MAX = 2048, /* frames looked at; further out than those kept, for where they run */
    OWNED_BY_GENERATOR = 1,
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
    code_stack_add(w->placing.stack, id, (uint32_t)position, code);
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

static uint8_t owner_of(const struct python_layout *l, uintptr_t frame)
{
    return *(const uint8_t *)(frame + l->frame.owner);
}

/* Where a run of the loop begins, on the native stack. */
static bool is_entry(const struct python_layout *l, uintptr_t frame)
{
    return l->chain == CHAIN_ENTRIES && owner_of(l, frame) == OWNED_BY_NATIVE_STACK;
}

/* One frame of the chain. False: not as expected. */
static bool visit(struct walk *w, uintptr_t frame)
{
    const struct python_layout *l = &w->py->layout;
    if (is_entry(l, frame))
        return placing_next(&w->placing, frame);
    if (w->placing.stack->count < w->limit && !add_frame(w, frame))
        return false;
    if (l->chain == CHAIN_CFRAMES)
        return !owner_of(l, frame) || leave_cframe(w);
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

/* The calling thread's innermost frame, 0: it has none; false: not as expected. */
static bool innermost(const struct python *py, uintptr_t *ret_frame, uintptr_t *ret_cframe)
{
    const struct python_layout *l = &py->layout;
    uintptr_t thread = (uintptr_t)py->this_thread();
    if (!thread || !memory_readable(thread + l->thread.frame, 8))
        return false;
    *ret_frame = memory_word(thread + l->thread.frame);
    if (!l->thread.by_cframe)
        return true;
    *ret_cframe = *ret_frame;
    if (!memory_readable(*ret_cframe, l->cframe.frame + 16))
        return false;
    *ret_frame = memory_word(*ret_cframe + l->cframe.frame);
    return true;
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
    uintptr_t frame;
    return innermost(&python, &frame, &w.cframe) && walk_frames(&w, frame);
}

static bool is_coroutine(const struct python *py, uintptr_t code)
{
    return memory_readable(code, py->layout.code.size) &&
           memory_word(code + PYTHON_TYPE) == py->code &&
           memory_half(code + py->layout.code.flags) & IS_COROUTINE;
}

/* What the frame lies in for as long as it is suspended and resumed; 0: it is no coroutine's. */
static uintptr_t coroutine_of(const struct python *py, uintptr_t frame)
{
    const struct python_layout *l = &py->layout;
    uintptr_t generator = frame;
    if (l->chain == CHAIN_OBJECTS)
        generator = memory_word(frame + l->frame.generator);
    else if (*(const uint8_t *)(frame + l->frame.generator) != OWNED_BY_GENERATOR)
        return 0;
    return generator && is_coroutine(py, memory_word(frame + l->frame.code)) ? generator : 0;
}

/* The outermost coroutine is the one that the event loop runs. */
static uint64_t task(void)
{
    const struct python_layout *l = &python.layout;
    uintptr_t frame, cframe, outermost = 0, root = 0;
    if (!innermost(&python, &frame, &cframe))
        return 0;
    for (unsigned depth = 0; frame && depth < DEPTH_MAX; depth++) {
        if (!memory_readable(frame, l->frame.size))
            return 0;
        uintptr_t coroutine = coroutine_of(&python, frame);
        outermost = coroutine ? coroutine : outermost;
        root = is_entry(l, frame) ? root : frame;
        frame = memory_word(frame + l->frame.previous);
    }
    if (outermost || frame || !root)
        return outermost;
    return root | TASK_IS_STACK;
}

static bool tell(uintptr_t object, uint64_t id)
{
    return python_code_tell(&python, object, id);
}

const struct interpreter python_interpreter = {
    .find = find, .walk = walk, .tell = tell, .task = task};
