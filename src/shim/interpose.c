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
#define IN_ROW(type, name, params, args)                                                           \
    EXPORT type name params                                                                        \
    {                                                                                              \
        if (likely(!fd_tracked(fd)) && (likely(!fd_inherited(fd)) || !adopt_input()))              \
            return real.name args;                                                                 \
        return wrap_##name args;                                                                   \
    }
#define ROW(type, name, params, args)                                                              \
    EXPORT type name params                                                                        \
    {                                                                                              \
        return wrap_##name args;                                                                   \
    }
/* Under a name of its own in C, as a header's prototype has an ellipsis. */
#define RAW_ROW(type, name, params, args)                                                          \
    EXPORT type raw_##name params __asm__(#name);                                                  \
    type raw_##name params                                                                         \
    {                                                                                              \
        return wrap_##name args;                                                                   \
    }
#define MADE_ROW(name, params, args)                                                               \
    EXPORT int raw_##name params __asm__(#name);                                                   \
    int raw_##name params                                                                          \
    {                                                                                              \
        int made = real.name args;                                                                 \
        if (unlikely(fd_tracked(made)))                                                            \
            fd_replaced(made);                                                                     \
        return made;                                                                               \
    }
#define DPRINT_ROW(name, params, last, call, args)                                                 \
    EXPORT int name params                                                                         \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, last);                                                                      \
        int result = likely(!fd_tracked(fd)) ? real.call args : wrap_##call args;                  \
        va_end(list);                                                                              \
        return result;                                                                             \
    }
#define STREAM_ROW(type, name, params, args)                                                       \
    EXPORT type name params                                                                        \
    {                                                                                              \
        if (likely(!streams_watched()))                                                            \
            return real.name args;                                                                 \
        return wrap_##name args;                                                                   \
    }
#define PRINT_ROW(name, params, last, call, args)                                                  \
    EXPORT int name params                                                                         \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, last);                                                                      \
        int result = likely(!streams_watched()) ? real.call args : wrap_##call args;               \
        va_end(list);                                                                              \
        return result;                                                                             \
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
/* A library's function: `hook` goes where recording is due. */
#define LIBRARY_ROW(type, missing, name, params, args, library, kind, made, hook)                  \
    EXPORT type name params                                                                        \
    {                                                                                              \
        const void *caller = __builtin_return_address(0);                                          \
        const struct library *lib = library_of_caller(kind, caller, made);                         \
        if (unlikely(!lib || !lib->name)) {                                                        \
            __typeof__(name) *plain = library_function(caller, #name);                             \
            if (plain)                                                                             \
                return plain args;                                                                 \
            return missing;                                                                        \
        }                                                                                          \
        hook                                                                                       \
    }
/* What libpq calls itself, inside a call of its own, is told already. What calls meanwhile from
 * elsewhere is the service: a signal handler, a coroutine, a function that libpq calls back. */
#define BY_LIBPQ(caller) (in_libpq() && library_has(LIBRARY_PQ, caller))
#define PQ_ROW(type, missing, name, params, args)                                                  \
    LIBRARY_ROW(type, missing, name, params, args, libpq, LIBRARY_PQ, NULL,                        \
                if (BY_LIBPQ(caller)) return lib->name args;                                       \
                return wrap_##name(lib, UNWRAP args);)
/* libpq's own TLS is none of the service's; a TLS call within another moves the other's bytes. */
#define TLS_ROW(type, missing, name, params, args, library, kind, made)                            \
    LIBRARY_ROW(type, missing, name, params, args, library, kind, made,                            \
                if (!recorder_active() || BY_LIBPQ(caller) || in_tls()) return lib->name args;     \
                return wrap_##name(lib, UNWRAP args);)
#define SSL_ROW(type, missing, name, params, args)                                                 \
    TLS_ROW(type, missing, name, params, args, openssl, LIBRARY_SSL, session)
#define GNUTLS_ROW(type, missing, name, params, args)                                              \
    TLS_ROW(type, missing, name, params, args, gnutls, LIBRARY_GNUTLS, NULL)
#include "interpose.def"
