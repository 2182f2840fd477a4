#include "trace/views.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

/* Frameworks' functions that call views, and servers' that call WSGI applications. Names are
 * compared without their class: before 3.11 frames do not tell it. */
struct caller {
    const char *file, *function;
};

static const struct caller frameworks[] = {
    {"django/core/handlers/base.py", "_get_response"},
    {"django/core/handlers/base.py", "_get_response_async"},
    {"flask/app.py", "dispatch_request"},
};

static const struct caller servers[] = {
    {"gunicorn/workers/sync.py", "handle_request"},
    {"gunicorn/workers/gthread.py", "handle_request"},
    {"gunicorn/workers/base_async.py", "handle_request"},
    {"wsgiref/handlers.py", "run"},
    {"werkzeug/serving.py", "execute"},
    {"waitress/task.py", "execute"},
    {"cheroot/wsgi.py", "respond"},
};

/* As what a class is called that is a view. */
static const struct caller class_views[] = {
    {"django/views/generic/base.py", "view"},
    {"rest_framework/viewsets.py", "view"},
    {"flask/views.py", "view"},
};

/* Called where views are, but none. */
static const struct caller others[] = {
    {"django/core/handlers/base.py", "process_exception_by_middleware"},
    {"django/template/response.py", "render"},
};
static const char *const middleware[] = {
    "process_view", "process_template_response", "process_exception"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *last_part(const char *function)
{
    const char *dot = strrchr(function, '.');
    return dot ? dot + 1 : function;
}

static bool is_one_of(const struct frame *frame, const struct caller *callers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(frame->filename, callers[i].file) == 0 &&
            strcmp(last_part(frame->function), callers[i].function) == 0)
            return true;
    return false;
}

static bool is_middleware(const struct frame *frame)
{
    for (size_t i = 0; i < COUNT(middleware); i++)
        if (strcmp(last_part(frame->function), middleware[i]) == 0)
            return true;
    return false;
}

/* The index of the outermost frame that is one of them; count: none is. */
static size_t outermost(
    const struct frame *frames, size_t count, const struct caller *callers, size_t callers_count)
{
    for (size_t i = count; i-- > 0;)
        if (frames[i].library_frame && is_one_of(&frames[i], callers, callers_count))
            return i;
    return count;
}

/* The first of the service's own that this one called, directly or by way of libraries, which an
 * application that is installed may be. */
static const struct frame *called_by(const struct frame *frames, size_t caller, bool installed)
{
    for (size_t i = caller; i-- > 0;) {
        if (is_one_of(&frames[i], others, COUNT(others)))
            return NULL;
        if (!frames[i].library_frame && (installed || !frames[i].installed))
            return is_middleware(&frames[i]) ? NULL : &frames[i];
    }
    return NULL;
}

/* A framework's own application is no view; its middleware would be taken for one. */
static bool has_framework(const struct frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(frames[i].filename, "django/", 7) == 0 ||
            strncmp(frames[i].filename, "flask/", 6) == 0)
            return true;
    return false;
}

const struct frame *view_among(const struct frame *frames, size_t count)
{
    size_t caller = outermost(frames, count, frameworks, COUNT(frameworks));
    if (caller < count)
        return called_by(frames, caller, true);
    caller = outermost(frames, count, servers, COUNT(servers));
    if (caller == count || has_framework(frames, caller))
        return NULL;
    /* One that is installed leads its requests to their views itself. */
    return called_by(frames, caller, false);
}

/* Behind the view are its callers, the framework's or the server's own among them. */
static bool is_of_class(const struct frame *view)
{
    const struct frame *at = view + 1;
    while (!is_one_of(at, frameworks, COUNT(frameworks)) && !is_one_of(at, servers, COUNT(servers)))
        if (is_one_of(at++, class_views, COUNT(class_views)))
            return true;
    return false;
}

/* A class that is a view has one name, whichever of its methods is at work. */
static size_t named_length(const struct frame *view)
{
    const char *method = last_part(view->function);
    bool is_method = method > view->function + 1 && method[-2] != '>'; /* of no "<locals>" */
    return is_method && is_of_class(view) ? (size_t)(method - 1 - view->function)
                                          : strlen(view->function);
}

char *view_name(const struct frame *view)
{
    static const char scope[] = "<locals>.";
    struct buf name = {0};
    if (!view->module)
        return NULL;
    buf_printf(&name, "%s.", view->module);
    const char *at = view->function, *found;
    for (; (found = strstr(at, scope)) != NULL; at = found + sizeof scope - 1)
        buf_add(&name, at, (size_t)(found - at));
    buf_add(&name, at, named_length(view) - (size_t)(at - view->function));
    return buf_take(&name);
}
