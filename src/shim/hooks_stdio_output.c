/* What the service writes to recorded connections by stdio. */
#include "hooks.h"

#include <string.h>

#include "fds.h"
#include "recorder.h"
#include "runs.h"
#include "stdio_call.h"

static bool begin_output(struct stdio_call *call, FILE *stream, const void *bytes, size_t n)
{
    struct iovec written = {(void *)(uintptr_t)bytes, n};
    if (!stdio_begin(call, stream))
        return false;
    if (stdio_may_send(stream, n))
        stdio_keep(call, &written, 1);
    return true;
}

/* What is printed is not at hand if it goes out at once: then it is printed here before. */
static void preview(struct stdio_call *call, const char *format, va_list list)
{
    size_t len;
    if (!stdio_may_send(call->stream, 0)) {
        stdio_keep(call, NULL, 0);
        return;
    }
    struct scratch_hold text = print_ahead(format, list, &len);
    if (!text.scratch)
        return;
    struct iovec printed = {text.scratch->bytes, len};
    if (scratch_held(&text))
        stdio_keep(call, &printed, 1);
    scratch_give(&text);
}

/* All that print, with a list. */
#define PRINT_HOOK(name, params, args, stream)                                                     \
    int wrap_##name params                                                                         \
    {                                                                                              \
        struct stdio_call call;                                                                    \
        if (!stdio_begin(&call, stream))                                                           \
            return real.name args;                                                                 \
        preview(&call, format, list);                                                              \
        int n = real.name args;                                                                    \
        stdio_wrote(&call, n > 0 ? (size_t)n : 0);                                                 \
        return n;                                                                                  \
    }

PRINT_HOOK(vfprintf, (FILE *restrict stream, const char *restrict format, va_list list),
    (stream, format, list), stream)
PRINT_HOOK(__vfprintf_chk,
    (FILE *restrict stream, int flag, const char *restrict format, va_list list),
    (stream, flag, format, list), stream)
PRINT_HOOK(vprintf, (const char *restrict format, va_list list), (format, list), stdout)
PRINT_HOOK(__vprintf_chk, (int flag, const char *restrict format, va_list list),
    (flag, format, list), stdout)

/* All that write a text. */
#define TEXT_HOOK(name)                                                                            \
    int wrap_##name(const char *restrict text, FILE *restrict stream)                              \
    {                                                                                              \
        struct stdio_call call;                                                                    \
        size_t len = fd_recorded(stream->_fileno) ? strlen(text) : 0;                              \
        if (!begin_output(&call, stream, text, len))                                               \
            return real.name(text, stream);                                                        \
        int result = real.name(text, stream);                                                      \
        stdio_wrote(&call, result != EOF ? len : 0);                                               \
        return result;                                                                             \
    }

TEXT_HOOK(fputs)
TEXT_HOOK(fputs_unlocked)

int wrap_puts(const char *text)
{
    struct stdio_call call;
    if (!stdio_begin(&call, stdout))
        return real.puts(text);
    size_t len = strlen(text);
    struct iovec written[2] = {{(char *)(uintptr_t)text, len}, {(char *)(uintptr_t) "\n", 1}};
    if (stdio_may_send(stdout, len + 1))
        stdio_keep(&call, written, 2);
    int result = real.puts(text);
    stdio_wrote(&call, result != EOF ? len + 1 : 0);
    return result;
}

static int wrote_byte(struct stdio_call *call, int c)
{
    stdio_wrote(call, c != EOF);
    return c;
}

#define PUT_HOOK(name, params, args, stream)                                                       \
    int wrap_##name params                                                                         \
    {                                                                                              \
        struct stdio_call call;                                                                    \
        const char byte = (char)c;                                                                 \
        if (!begin_output(&call, stream, &byte, 1))                                                \
            return real.name args;                                                                 \
        return wrote_byte(&call, real.name args);                                                  \
    }

PUT_HOOK(fputc, (int c, FILE *stream), (c, stream), stream)
PUT_HOOK(putc, (int c, FILE *stream), (c, stream), stream)
PUT_HOOK(_IO_putc, (int c, FILE *stream), (c, stream), stream)
PUT_HOOK(fputc_unlocked, (int c, FILE *stream), (c, stream), stream)
PUT_HOOK(putc_unlocked, (int c, FILE *stream), (c, stream), stream)
PUT_HOOK(putchar_unlocked, (int c), (c), stdout)
PUT_HOOK(putchar, (int c), (c), stdout)
PUT_HOOK(__overflow, (FILE * stream, int c), (stream, c), stream)

/* All that write an array. */
#define ARRAY_HOOK(name)                                                                           \
    size_t wrap_##name(const void *restrict buf, size_t size, size_t count, FILE *restrict stream) \
    {                                                                                              \
        struct stdio_call call;                                                                    \
        if (!begin_output(&call, stream, buf, size * count))                                       \
            return real.name(buf, size, count, stream);                                            \
        size_t n = real.name(buf, size, count, stream);                                            \
        stdio_wrote(&call, n *size);                                                               \
        return n;                                                                                  \
    }

ARRAY_HOOK(fwrite)
ARRAY_HOOK(fwrite_unlocked)

void streams_send_held(FILE *stream)
{
    struct stdio_call call;
    if (!stdio_begin(&call, stream) || !call.held)
        return;
    stdio_keep(&call, NULL, 0);
    stdio_sent(&call, call.held);
    fd_stream(call.fd)->output = NULL;
}

#define FLUSH_HOOK(name)                                                                           \
    int wrap_##name(FILE *stream)                                                                  \
    {                                                                                              \
        struct stdio_call call;                                                                    \
        if (!stream)                                                                               \
            fd_each_output(streams_send_held);                                                     \
        if (!stream || !stdio_begin(&call, stream))                                                \
            return real.name(stream);                                                              \
        if (call.held)                                                                             \
            stdio_keep(&call, NULL, 0);                                                            \
        int result = real.name(stream);                                                            \
        stdio_wrote(&call, 0);                                                                     \
        return result;                                                                             \
    }

FLUSH_HOOK(fflush)
FLUSH_HOOK(fflush_unlocked)
