/* The exported functions, made from the table. This is the only file that exports. */
#include "hooks.h"

#include <stdarg.h>

#include "fds.h"
#include "process.h"
#include "recorder.h"

#define FD_ROW(type, name, params, args)                                                           \
    EXPORT type name params                                                                        \
    {                                                                                              \
        if (likely(!fd_tracked(fd)))                                                               \
            return real.name args;                                                                 \
        return wrap_##name args;                                                                   \
    }
#define ROW(type, name, params, args)                                                              \
    EXPORT type name params                                                                        \
    {                                                                                              \
        return wrap_##name args;                                                                   \
    }
/* The third argument is an int, a pointer, or absent; passing a word on is right for all three on
 * the processors sys.h knows. */
#define FCNTL_ROW(name)                                                                            \
    EXPORT int name(int fd, int command, ...)                                                      \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, command);                                                                   \
        void *argument = va_arg(list, void *);                                                     \
        va_end(list);                                                                              \
        if (likely(!fd_tracked(fd)))                                                               \
            return real.name(fd, command, argument);                                               \
        return wrap_fcntl(real.name, fd, command, argument);                                       \
    }
#define END_ROW(name)                                                                              \
    EXPORT void name(int status)                                                                   \
    {                                                                                              \
        process_ending(status);                                                                    \
        real.name(status);                                                                         \
        __builtin_unreachable();                                                                   \
    }
/* Inside a libpq call it is libpq that calls itself: told already. Only PQcancel may then be called
 * by the program, in a signal handler. */
#define IS_CANCEL(name) (__builtin_strcmp(#name, "PQcancel") == 0)
#define PQ_ROW(type, missing, name, params, args)                                                  \
    EXPORT type name params                                                                        \
    {                                                                                              \
        const struct libpq *pq = libpq_of_caller(__builtin_return_address(0));                     \
        if (unlikely(!pq || !pq->name)) {                                                          \
            __typeof__(name) *plain = libpq_function(__builtin_return_address(0), #name);          \
            if (plain)                                                                             \
                return plain args;                                                                 \
            return missing;                                                                        \
        }                                                                                          \
        if (in_libpq() && !IS_CANCEL(name))                                                        \
            return pq->name args;                                                                  \
        return wrap_##name(pq, PQ_UNWRAP args);                                                    \
    }
#include "interpose.def"
