/* Connections behind stdio. The C library's own reads and writes pass no function that could be
 * interposed, so what moved is told from a stream's buffer, before and after the calls that move
 * it. Of FILE only those members are looked at that every program has compiled in, since
 * getc_unlocked was a macro; nothing in it is changed, and the calls are made as the service makes
 * them. */
#include "hooks.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "fds.h"
#include "recorder.h"
#include "sys.h"

enum { HELD_MAX = 512, FLAG_UNBUFFERED = 2, FLAG_LINE_BUFFERED = 0x200, FLAG_BACKUP = 0x100 };

/* Only glibc's FILE is known. */
extern const char *gnu_get_libc_version(void) __attribute__((weak));

static bool watched;

bool streams_watched(void)
{
    return watched;
}

void streams_watch(void)
{
    watched = gnu_get_libc_version != NULL;
}

/* ---- one call ---- */

/* What a stream held before it. */
struct call {
    FILE *stream;
    int fd;
    uint64_t begin;
    size_t unread; /* bytes read ahead */
    size_t held;   /* bytes not sent yet; the first of them are in `bytes` */
    char bytes[HELD_MAX];
};

static size_t unread_of(const FILE *stream)
{
    return stream->_IO_read_end > stream->_IO_read_ptr
               ? (size_t)(stream->_IO_read_end - stream->_IO_read_ptr)
               : 0;
}

static size_t held_by(const FILE *stream)
{
    return stream->_IO_write_ptr > stream->_IO_write_base
               ? (size_t)(stream->_IO_write_ptr - stream->_IO_write_base)
               : 0;
}

static void record(const struct call *call, enum record_type type, struct iovec *iov, int count)
{
    uint64_t total = 0, now = recorder_now();
    for (int i = 0; i < count; i++)
        total += iov[i].iov_len;
    if (!total)
        return;
    if (type == REC_RECV)
        fd_record_run(call->fd, type, iov, count, total, 0, now, 0);
    else
        fd_record_run(call->fd, type, iov, count, total, 0, call->begin, now - call->begin);
}

/* A function that is not ours has read since. The last of it is still there. */
static void catch_up(const struct call *call)
{
    const FILE *stream = call->stream;
    struct fd_stream *known = fd_stream(call->fd);
    if (stream->_flags & FLAG_BACKUP || stream->_IO_read_end == known->read_end)
        return;
    known->read_end = stream->_IO_read_end;
    if (stream->_IO_read_end <= stream->_IO_read_base)
        return;
    if (known->wrote && !unread_of(stream)) /* maybe what it has written, as seeking leaves it */
        return;
    struct iovec iov = {
        stream->_IO_read_base, (size_t)(stream->_IO_read_end - stream->_IO_read_base)};
    record(call, REC_RECV, &iov, 1);
}

static bool begin(struct call *call, FILE *stream)
{
    call->stream = stream;
    call->fd = stream ? stream->_fileno : -1;
    if (!fd_recorded(call->fd))
        return false;
    call->begin = recorder_now();
    catch_up(call);
    call->unread = unread_of(stream);
    call->held = held_by(stream);
    memcpy(call->bytes, stream->_IO_write_base ? stream->_IO_write_base : "",
        call->held < HELD_MAX ? call->held : HELD_MAX);
    return true;
}

static bool begin_input(struct call *call, FILE *stream)
{
    if (stream && fd_inherited(stream->_fileno))
        adopt_input();
    return begin(call, stream);
}

/* The call has written these bytes to the stream; NULL: they are not at hand. */
static void wrote(const struct call *call, const void *bytes, size_t n)
{
    size_t held = held_by(call->stream), all = call->held + n;
    *fd_stream(call->fd) =
        (struct fd_stream){held ? call->stream : NULL, call->stream->_IO_read_end, .wrote = true};
    if (held >= all)
        return;
    size_t sent = all - held, copied = call->held < HELD_MAX ? call->held : HELD_MAX;
    if (copied > sent)
        copied = sent;
    struct iovec iov[2] = {{(char *)(uintptr_t)call->bytes, copied},
        {(void *)(uintptr_t)bytes, bytes && copied == call->held ? sent - copied : 0}};
    record(call, REC_SEND, iov, 2);
    size_t unknown = sent - copied - iov[1].iov_len;
    if (unknown)
        fd_record_run(call->fd, REC_SEND, NULL, 0, unknown, 0, call->begin, 0);
}

/* The call has taken these bytes from the stream. What it read itself follows what was there. */
static void took(const struct call *call, const char *bytes, size_t n)
{
    FILE *stream = call->stream;
    if (call->held)
        wrote(call, NULL, 0); /* turning to input sends what was held */
    if (stream->_flags & FLAG_BACKUP)
        return;
    fd_stream(call->fd)->read_end = stream->_IO_read_end;
    fd_stream(call->fd)->wrote = false;
    if (n <= call->unread)
        return;
    struct iovec iov[2] = {{(char *)(uintptr_t)bytes + call->unread, n - call->unread},
        {stream->_IO_read_ptr, unread_of(stream)}};
    record(call, REC_RECV, iov, 2);
}

/* ---- input ---- */

static char *took_text(const struct call *call, char *text)
{
    took(call, text, text ? strlen(text) : 0);
    return text;
}

char *wrap_fgets(char *restrict buf, int size, FILE *restrict stream)
{
    struct call call;
    if (!begin_input(&call, stream))
        return real.fgets(buf, size, stream);
    return took_text(&call, real.fgets(buf, size, stream));
}

char *wrap___fgets_chk(char *restrict buf, size_t room, int size, FILE *restrict stream)
{
    struct call call;
    if (!begin_input(&call, stream))
        return real.__fgets_chk(buf, room, size, stream);
    return took_text(&call, real.__fgets_chk(buf, room, size, stream));
}

size_t wrap_fread(void *restrict buf, size_t size, size_t count, FILE *restrict stream)
{
    struct call call;
    if (!begin_input(&call, stream))
        return real.fread(buf, size, count, stream);
    size_t n = real.fread(buf, size, count, stream);
    took(&call, buf, n * size);
    return n;
}

size_t wrap___fread_chk(
    void *restrict buf, size_t room, size_t size, size_t count, FILE *restrict stream)
{
    struct call call;
    if (!begin_input(&call, stream))
        return real.__fread_chk(buf, room, size, count, stream);
    size_t n = real.__fread_chk(buf, room, size, count, stream);
    took(&call, buf, n * size);
    return n;
}

static int took_byte(const struct call *call, int c)
{
    char byte = (char)c;
    took(call, &byte, c != EOF);
    return c;
}

/* All that read one character. */
#define BYTE_HOOK(name, params, args, stream)                                                      \
    int wrap_##name params                                                                         \
    {                                                                                              \
        struct call call;                                                                          \
        if (!begin_input(&call, stream))                                                           \
            return real.name args;                                                                 \
        return took_byte(&call, real.name args);                                                   \
    }

BYTE_HOOK(fgetc, (FILE * stream), (stream), stream)
BYTE_HOOK(getc, (FILE * stream), (stream), stream)
BYTE_HOOK(_IO_getc, (FILE * stream), (stream), stream)
BYTE_HOOK(getchar, (void), (), stdin)
BYTE_HOOK(__uflow, (FILE * stream), (stream), stream)

/* All that read up to a delimiter. */
#define LINE_HOOK(name, params, args)                                                              \
    ssize_t wrap_##name params                                                                     \
    {                                                                                              \
        struct call call;                                                                          \
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

/* ---- output ---- */

/* What is printed is not at hand if it goes out at once: then it is printed here before, in the
 * place of what is held. */
static const char *preview(struct call *call, const char *format, va_list list)
{
    va_list again;
    int saved_errno = errno;
    if (call->held || !(call->stream->_flags & (FLAG_UNBUFFERED | FLAG_LINE_BUFFERED)))
        return NULL;
    va_copy(again, list);
    int n = vsnprintf(call->bytes, sizeof call->bytes, format, again);
    va_end(again);
    errno = saved_errno;
    return n >= 0 && (size_t)n < sizeof call->bytes ? call->bytes : NULL;
}

int wrap_vfprintf(FILE *restrict stream, const char *restrict format, va_list list)
{
    struct call call;
    if (!begin(&call, stream))
        return real.vfprintf(stream, format, list);
    const char *known = preview(&call, format, list);
    int n = real.vfprintf(stream, format, list);
    wrote(&call, known, n > 0 ? (size_t)n : 0);
    return n;
}

int wrap___vfprintf_chk(FILE *restrict stream, int flag, const char *restrict format, va_list list)
{
    struct call call;
    if (!begin(&call, stream))
        return real.__vfprintf_chk(stream, flag, format, list);
    const char *known = preview(&call, format, list);
    int n = real.__vfprintf_chk(stream, flag, format, list);
    wrote(&call, known, n > 0 ? (size_t)n : 0);
    return n;
}

int wrap_fputs(const char *restrict text, FILE *restrict stream)
{
    struct call call;
    if (!begin(&call, stream))
        return real.fputs(text, stream);
    int result = real.fputs(text, stream);
    wrote(&call, text, result != EOF ? strlen(text) : 0);
    return result;
}

int wrap_puts(const char *text)
{
    struct call call;
    if (!begin(&call, stdout))
        return real.puts(text);
    int result = real.puts(text);
    size_t n = result != EOF ? strlen(text) + 1 : 0;
    if (!n || call.held || n > sizeof call.bytes) {
        wrote(&call, NULL, n);
    } else {
        memcpy(call.bytes, text, n - 1);
        call.bytes[n - 1] = '\n';
        wrote(&call, call.bytes, n);
    }
    return result;
}

static int wrote_byte(const struct call *call, int c)
{
    char byte = (char)c;
    wrote(call, &byte, c != EOF);
    return c;
}

#define PUT_HOOK(name, params, args, stream)                                                       \
    int wrap_##name params                                                                         \
    {                                                                                              \
        struct call call;                                                                          \
        if (!begin(&call, stream))                                                                 \
            return real.name args;                                                                 \
        return wrote_byte(&call, real.name args);                                                  \
    }

PUT_HOOK(fputc, (int c, FILE *stream), (c, stream), stream)
PUT_HOOK(putc, (int c, FILE *stream), (c, stream), stream)
PUT_HOOK(_IO_putc, (int c, FILE *stream), (c, stream), stream)
PUT_HOOK(putchar, (int c), (c), stdout)
PUT_HOOK(__overflow, (FILE * stream, int c), (stream, c), stream)

size_t wrap_fwrite(const void *restrict buf, size_t size, size_t count, FILE *restrict stream)
{
    struct call call;
    if (!begin(&call, stream))
        return real.fwrite(buf, size, count, stream);
    size_t n = real.fwrite(buf, size, count, stream);
    wrote(&call, buf, n * size);
    return n;
}

/* About to be sent, by a call after which nobody can look. */
static void sends_held(FILE *stream)
{
    struct call call;
    if (!begin(&call, stream) || !call.held)
        return;
    struct iovec iov = {stream->_IO_write_base, call.held};
    fd_record_run(call.fd, REC_SEND, &iov, 1, call.held, 0, call.begin, 0);
    fd_stream(call.fd)->output = NULL;
}

/* What was held is where it was: only the stream's pointers have moved. */
static void flushed(const struct call *call, const char *bytes)
{
    size_t held = held_by(call->stream);
    *fd_stream(call->fd) =
        (struct fd_stream){held ? call->stream : NULL, call->stream->_IO_read_end, .wrote = true};
    struct iovec iov = {(char *)(uintptr_t)bytes, held < call->held ? call->held - held : 0};
    record(call, REC_SEND, &iov, 1);
}

int wrap_fflush(FILE *stream)
{
    struct call call;
    if (!stream)
        fd_each_output(sends_held);
    if (!stream || !begin(&call, stream))
        return real.fflush(stream);
    const char *bytes = stream->_IO_write_base;
    int result = real.fflush(stream);
    flushed(&call, bytes);
    return result;
}

/* ---- the life of a stream ---- */

FILE *wrap_fdopen(int fd, const char *mode)
{
    FILE *stream = real.fdopen(fd, mode);
    if (stream && fd_recorded(fd))
        streams_watch();
    return stream;
}

int wrap_fclose(FILE *stream)
{
    if (recorder_active() && stream) {
        int saved_errno = errno;
        if (watched)
            sends_held(stream);
        fd_forget(fileno(stream)); /* a stream in memory has none: EBADF */
        errno = saved_errno;
    }
    return real.fclose(stream);
}

void streams_ending(void)
{
    if (watched)
        fd_each_output(sends_held);
}
