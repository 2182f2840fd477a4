/* The exported functions, made from the table. This is the only file that exports. */
#include "hooks.h"

#include <stdarg.h>
#include <sys/syscall.h>

#include "fds.h"
#include "interpose.h"
#include "process.h"
#include "recorder.h"
#include "sys.h"

/* ---- libc's names: the stubs ---- */

#if defined(__CET__) && (__CET__ & 1)
#define STUB_LANDING " endbr64\n"
#elif defined(__ARM_FEATURE_BTI_DEFAULT)
#define STUB_LANDING " bti c\n"
#else
#define STUB_LANDING
#endif
#if defined(__x86_64__)
#include "stubs_x86_64.h"
#elif defined(__aarch64__)
#include "stubs_aarch64.h"
#endif

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
/* What is called before this object has been relocated, by a function of another library that tells
 * the loader which of its variants to use: there is nothing yet but the kernel. */
#define FOUR_ARGUMENTS 0x10000
#define SYSTEM_CALL(name, number) __asm__(".set call_" #name ", " TEXT(number));
SYSTEM_CALL(recv, SYS_recvfrom + FOUR_ARGUMENTS)
SYSTEM_CALL(recvfrom, SYS_recvfrom)
SYSTEM_CALL(recvmsg, SYS_recvmsg)
SYSTEM_CALL(read, SYS_read)
SYSTEM_CALL(__read_chk, SYS_read)
SYSTEM_CALL(readv, SYS_readv)
SYSTEM_CALL(send, SYS_sendto + FOUR_ARGUMENTS)
SYSTEM_CALL(sendto, SYS_sendto)
SYSTEM_CALL(sendmsg, SYS_sendmsg)
SYSTEM_CALL(write, SYS_write)
SYSTEM_CALL(writev, SYS_writev)
SYSTEM_CALL(sendfile, SYS_sendfile)
SYSTEM_CALL(sendfile64, SYS_sendfile)
SYSTEM_CALL(accept, SYS_accept)
SYSTEM_CALL(accept4, SYS_accept4)
SYSTEM_CALL(listen, SYS_listen)
SYSTEM_CALL(connect, SYS_connect)
SYSTEM_CALL(shutdown, SYS_shutdown)
SYSTEM_CALL(close, SYS_close)
SYSTEM_CALL(dup, SYS_dup)
SYSTEM_CALL(dup3, SYS_dup3)
#ifdef SYS_dup2
SYSTEM_CALL(dup2, SYS_dup2)
#endif
SYSTEM_CALL(fcntl, SYS_fcntl)
SYSTEM_CALL(fcntl64, SYS_fcntl)
#ifdef SYS_close_range
SYSTEM_CALL(close_range, SYS_close_range)
#endif
SYSTEM_CALL(__read, SYS_read)
SYSTEM_CALL(__write, SYS_write)
SYSTEM_CALL(__close, SYS_close)
#ifdef SYS_open
SYSTEM_CALL(open, SYS_open)
SYSTEM_CALL(open64, SYS_open)
SYSTEM_CALL(pipe, SYS_pipe)
#endif
SYSTEM_CALL(__send, SYS_sendto + FOUR_ARGUMENTS)
SYSTEM_CALL(recvmmsg, SYS_recvmmsg)
SYSTEM_CALL(sendmmsg, SYS_sendmmsg)
SYSTEM_CALL(splice, SYS_splice)
SYSTEM_CALL(socketpair, SYS_socketpair)
SYSTEM_CALL(memfd_create, SYS_memfd_create)
SYSTEM_CALL(eventfd, SYS_eventfd2)
SYSTEM_CALL(epoll_create1, SYS_epoll_create1)
SYSTEM_CALL(timerfd_create, SYS_timerfd_create)
SYSTEM_CALL(openat, SYS_openat)
SYSTEM_CALL(openat64, SYS_openat)
SYSTEM_CALL(pipe2, SYS_pipe2)
SYSTEM_CALL(socket, SYS_socket)
SYSTEM_CALL(mmap, SYS_mmap)
SYSTEM_CALL(mmap64, SYS_mmap)
SYSTEM_CALL(munmap, SYS_munmap)
SYSTEM_CALL(mremap, SYS_mremap)
SYSTEM_CALL(prctl, SYS_prctl)
SYSTEM_CALL(_exit, SYS_exit_group)
SYSTEM_CALL(_Exit, SYS_exit_group)

/* A sanitizer asks for names before its own functions of libc work, so before ours are looked for.
 */
__asm__(".set early_dlopen, 1\n.set early_dlsym, 1\n.set early_syscall, 1\n");

_Static_assert(FD_UNTRACKED == 0 && FD_INHERITED == 1, "what the stubs compare with");
#define STUB(kind, name, ...) __asm__(kind "_stub " #name ", " TEXT(__COUNTER__) __VA_ARGS__);
#define FD_ROW(type, name, params, args) STUB("fd", name, ", 1")
#define IN_ROW(type, name, params, args) STUB("fd", name, ", 0")
#define ROW(type, name, params, args) STUB("plain", name)
#define RAW_ROW(type, name, params, args) STUB("plain", name)
#define MADE_ROW(name, params, args) STUB("plain", name)
#define DPRINT_ROW(name, params, last, call, args) STUB("fd", name, ", 1")
#define STREAM_ROW(type, name, params, args) STUB("stream", name)
#define PRINT_ROW(name, params, last, call, args) STUB("stream", name)
#define FCNTL_ROW(name) STUB("fd", name, ", 1")
#define END_ROW(name) STUB("plain", name)
#include "interpose.def"

/* ---- libc's names: what the stubs go to ---- */

#define IN_ROW(type, name, params, args)                                                           \
    static type input_##name params                                                                \
    {                                                                                              \
        if (!fd_tracked(fd) && (!fd_inherited(fd) || !adopt_input()))                              \
            return real.name args;                                                                 \
        return wrap_##name args;                                                                   \
    }
#define PRINT_ROW(name, params, last, call, args)                                                  \
    static int print_##name params                                                                 \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, last);                                                                      \
        int result = wrap_##call args;                                                             \
        va_end(list);                                                                              \
        return result;                                                                             \
    }
#define DPRINT_ROW PRINT_ROW
#define MADE_ROW(name, params, args)                                                               \
    static int made_##name params                                                                  \
    {                                                                                              \
        int made = real.name args;                                                                 \
        if (unlikely(fd_tracked(made)))                                                            \
            fd_replaced(made);                                                                     \
        return made;                                                                               \
    }
/* The third argument is an int, a pointer, or absent; passing a word on is right for all three on
 * the processors sys.h knows. */
#define FCNTL_ROW(name)                                                                            \
    static int control_##name(int fd, int command, ...)                                            \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, command);                                                                   \
        void *argument = va_arg(list, void *);                                                     \
        va_end(list);                                                                              \
        return wrap_fcntl(real.name, fd, command, argument);                                       \
    }
#define END_ROW(name)                                                                              \
    static void end_##name(int status)                                                             \
    {                                                                                              \
        process_ending(status);                                                                    \
        real.name(status);                                                                         \
        __builtin_unreachable();                                                                   \
    }
#include "interpose.def"

const struct interposed interposed_names[] = {
#define FD_ROW(type, name, params, args) {#name, (void *)wrap_##name, (void **)&real.name},
#define IN_ROW(type, name, params, args) {#name, (void *)input_##name, (void **)&real.name},
#define ROW FD_ROW
#define RAW_ROW FD_ROW
#define STREAM_ROW FD_ROW
#define MADE_ROW(name, params, args) {#name, (void *)made_##name, (void **)&real.name},
#define DPRINT_ROW PRINT_ROW
#define PRINT_ROW(name, params, last, call, args) {#name, (void *)print_##name, NULL},
#define FCNTL_ROW(name) {#name, (void *)control_##name, (void **)&real.name},
#define END_ROW(name) {#name, (void *)end_##name, (void **)&real.name},
#include "interpose.def"
};
enum { NAMES = sizeof interposed_names / sizeof *interposed_names };
_Static_assert(__COUNTER__ == NAMES, "a stub for each");
const size_t interposed_count = NAMES;
void *interpose_pass[NAMES], *interpose_hooks[NAMES];
unsigned interpose_limit;

/* ---- libraries' names ---- */

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
