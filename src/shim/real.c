/* The real functions of libc: found once, before the first call that needs them. */
#include "hooks.h"

#include <errno.h>
#include <stdarg.h>

#include "elf.h"
#include "recorder.h"

/* Constructors of other objects may call us before ours has run: the first call resolves. */
#define FD_ROW(type, name, params, args)                                                           \
    static type first_##name params                                                                \
    {                                                                                              \
        real_resolve();                                                                            \
        return real.name args;                                                                     \
    }
#define ROW(type, name, params, args) FD_ROW(type, name, params, args)
#define STREAM_ROW(type, name, params, args) FD_ROW(type, name, params, args)
#define RAW_ROW(type, name, params, args) FD_ROW(type, name, params, args)
#define MADE_ROW(name, params, args) FD_ROW(int, name, params, args)
#define FCNTL_ROW(name)                                                                            \
    static int first_##name(int fd, int command, ...)                                              \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, command);                                                                   \
        void *argument = va_arg(list, void *);                                                     \
        va_end(list);                                                                              \
        real_resolve();                                                                            \
        return real.name(fd, command, argument);                                                   \
    }
#define END_ROW(name)                                                                              \
    static void first_##name(int status)                                                           \
    {                                                                                              \
        real_resolve();                                                                            \
        real.name(status);                                                                         \
    }
#include "interpose.def"

struct real real = {
#define FD_ROW(type, name, params, args) .name = first_##name,
#define ROW(type, name, params, args) .name = first_##name,
#define STREAM_ROW(type, name, params, args) .name = first_##name,
#define RAW_ROW(type, name, params, args) .name = first_##name,
#define MADE_ROW(name, params, args) .name = first_##name,
#define FCNTL_ROW(name) .name = first_##name,
#define END_ROW(name) .name = first_##name,
#include "interpose.def"
};

/* A function this C library does not have behaves as on a kernel that lacks it. */
static long missing(void)
{
    errno = ENOSYS;
    return -1;
}

static bool resolved;

bool real_resolved(void)
{
    return resolved;
}

void real_resolve(void)
{
    static const struct {
        const char *name;
        void **target;
    } rows[] = {
#define FD_ROW(type, name, params, args) {#name, (void **)&real.name},
#define ROW(type, name, params, args) {#name, (void **)&real.name},
#define STREAM_ROW(type, name, params, args) {#name, (void **)&real.name},
#define RAW_ROW(type, name, params, args) {#name, (void **)&real.name},
#define MADE_ROW(name, params, args) {#name, (void **)&real.name},
#define FCNTL_ROW(name) {#name, (void **)&real.name},
#define END_ROW(name) {#name, (void **)&real.name},
#include "interpose.def"
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *found = elf_next(rows[i].name);
        *rows[i].target = found ? found : (void *)missing;
    }
    resolved = true;
}

/* Only glibc calls constructors with arguments; another C library leaves the parameters undefined.
 */
extern const char *gnu_get_libc_version(void) __attribute__((weak));

static __attribute__((constructor(101))) void begin(int argc, char **argv)
{
    bool given = gnu_get_libc_version != NULL;
    real_resolve();
    recorder_init(given ? argc : 0, given ? argv : NULL, environ);
    look_at_input();
}
