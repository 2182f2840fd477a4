/* What the service reads from recorded connections by stdio. */
#include "hooks.h"

#include <string.h>

#include "fds.h"
#include "recorder.h"
#include "stdio_call.h"

static bool begin_input(struct stdio_call *call, FILE *stream)
{
    if (stream && fd_inherited(stream->_fileno))
        adopt_input();
    if (!stdio_begin(call, stream))
        return false;
    if (unlikely(call->held)) /* turning to input sends it */
        stdio_keep(call, NULL, 0);
    return true;
}

/* The call has taken these bytes from the stream. What it read itself follows what was there. */
static void took(struct stdio_call *call, const char *bytes, size_t n)
{
    FILE *stream = call->stream;
    if (call->held)
        stdio_wrote(call, 0); /* turning to input sends what was held */
    if (stream->_flags & STDIO_BACKUP)
        return;
    fd_stream(call->fd)->read_end = stream->_IO_read_end;
    fd_stream(call->fd)->wrote = false;
    if (n <= call->unread)
        return;
    struct iovec iov[2] = {{(char *)(uintptr_t)bytes + call->unread, n - call->unread},
        {stream->_IO_read_ptr, stdio_unread(stream)}};
    stdio_received(call, iov, 2);
}

static char *took_text(struct stdio_call *call, char *text)
{
    took(call, text, text ? strlen(text) : 0);
    return text;
}

#define FGETS_HOOK(name)                                                                           \
    char *wrap_##name(char *restrict buf, int size, FILE *restrict stream)                         \
    {                                                                                              \
        struct stdio_call call;                                                                    \
        if (!begin_input(&call, stream))                                                           \
            return real.name(buf, size, stream);                                                   \
        return took_text(&call, real.name(buf, size, stream));                                     \
    }

FGETS_HOOK(fgets)
FGETS_HOOK(fgets_unlocked)

char *wrap___fgets_chk(char *restrict buf, size_t room, int size, FILE *restrict stream)
{
    struct stdio_call call;
    if (!begin_input(&call, stream))
        return real.__fgets_chk(buf, room, size, stream);
    return took_text(&call, real.__fgets_chk(buf, room, size, stream));
}

#define FREAD_HOOK(name)                                                                           \
    size_t wrap_##name(void *restrict buf, size_t size, size_t count, FILE *restrict stream)       \
    {                                                                                              \
        struct stdio_call call;                                                                    \
        if (!begin_input(&call, stream))                                                           \
            return real.name(buf, size, count, stream);                                            \
        size_t n = real.name(buf, size, count, stream);                                            \
        took(&call, buf, n *size);                                                                 \
        return n;                                                                                  \
    }

FREAD_HOOK(fread)
FREAD_HOOK(fread_unlocked)

size_t wrap___fread_chk(
    void *restrict buf, size_t room, size_t size, size_t count, FILE *restrict stream)
{
    struct stdio_call call;
    if (!begin_input(&call, stream))
        return real.__fread_chk(buf, room, size, count, stream);
    size_t n = real.__fread_chk(buf, room, size, count, stream);
    took(&call, buf, n * size);
    return n;
}

static int took_byte(struct stdio_call *call, int c)
{
    char byte = (char)c;
    took(call, &byte, c != EOF);
    return c;
}

/* All that read one character. */
#define BYTE_HOOK(name, params, args, stream)                                                      \
    int wrap_##name params                                                                         \
    {                                                                                              \
        struct stdio_call call;                                                                    \
        if (!begin_input(&call, stream))                                                           \
            return real.name args;                                                                 \
        return took_byte(&call, real.name args);                                                   \
    }

BYTE_HOOK(fgetc, (FILE * stream), (stream), stream)
BYTE_HOOK(getc, (FILE * stream), (stream), stream)
BYTE_HOOK(_IO_getc, (FILE * stream), (stream), stream)
BYTE_HOOK(fgetc_unlocked, (FILE * stream), (stream), stream)
BYTE_HOOK(getc_unlocked, (FILE * stream), (stream), stream)
BYTE_HOOK(getchar_unlocked, (void), (), stdin)
BYTE_HOOK(getchar, (void), (), stdin)
BYTE_HOOK(__uflow, (FILE * stream), (stream), stream)

/* All that read up to a delimiter. */
#define LINE_HOOK(name, params, args)                                                              \
    ssize_t wrap_##name params                                                                     \
    {                                                                                              \
        struct stdio_call call;                                                                    \
        if (!begin_input(&call, stream))                                                           \
            return real.name args;                                                                 \
        ssize_t n = real.name args;                                                                \
        took(&call, n > 0 ? *line : NULL, n > 0 ? (size_t)n : 0);                                  \
        return n;                                                                                  \
    }

LINE_HOOK(getline, (char **restrict line, size_t *restrict size, FILE *restrict stream),
    (line, size, stream))
LINE_HOOK(getdelim, (char **restrict line, size_t *restrict size, int end, FILE *restrict stream),
    (line, size, end, stream))
LINE_HOOK(__getdelim, (char **restrict line, size_t *restrict size, int end, FILE *restrict stream),
    (line, size, end, stream))
