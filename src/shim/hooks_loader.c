/* The unloading of objects. */
#include "hooks.h"

#include "recorder.h"
#include "stack.h"

int wrap_dlclose(void *handle)
{
    int result = real.dlclose(handle);
    if (recorder_active()) {
        library_forget_callers();
        stack_modules_changed();
    }
    return result;
}
