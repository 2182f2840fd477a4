/* What is printed past stdio's buffers: to a descriptor, and by wide streams. */
#include "hooks.h"

#include <errno.h>
#include <wchar.h>

#include "fds.h"
#include "recorder.h"
#include "runs.h"

/* ---- what is printed to a descriptor ---- */

static ssize_t printed(int fd, const struct scratch_hold *text, uint64_t begin, int n)
{
    struct iovec iov = {text->scratch ? text->scratch->bytes : NULL, n > 0 ? (size_t)n : 0};
    struct passed passed = {.type = REC_SEND,
        .iov = &iov,
        .count = scratch_held(text) && n < SCRATCH_BYTES,
        .total = iov.iov_len,
        .time = begin,
        .elapsed = recorder_now() - begin};
    if (n > 0)
        run_record(fd, &passed);
    return n;
}

#define DPRINT_HOOK(name, params, args)                                                            \
    int wrap_##name params                                                                         \
    {                                                                                              \
        va_list again;                                                                             \
        int saved_errno = errno;                                                                   \
        uint64_t begin = recorder_now(), cookie = fd_recorded(fd) ? fd_last_cookie(fd) : 0;        \
        struct scratch_hold text = scratch_take();                                                 \
        va_copy(again, list);                                                                      \
        if (text.scratch)                                                                          \
            (void)vsnprintf(text.scratch->bytes, SCRATCH_BYTES, format, again);                    \
        va_end(again);                                                                             \
        errno = saved_errno;                                                                       \
        int n = real.name args;                                                                    \
        if (cookie && cookie == fd_last_cookie(fd))                                                \
            (void)printed(fd, &text, begin, n);                                                    \
        scratch_give(&text);                                                                       \
        return n;                                                                                  \
    }

DPRINT_HOOK(vdprintf, (int fd, const char *restrict format, va_list list), (fd, format, list))
DPRINT_HOOK(__vdprintf_chk, (int fd, int flag, const char *restrict format, va_list list),
    (fd, flag, format, list))

/* ---- wide streams: what they send is made of characters that are not at hand; in most languages
 * most of these take a byte ---- */

static void wrote_wide(FILE *stream, uint64_t begin, int n)
{
    struct passed passed = {.type = REC_SEND, .total = n > 0 ? (uint64_t)n : 0, .time = begin};
    if (n > 0 && stream && fd_recorded(stream->_fileno))
        run_record(stream->_fileno, &passed);
}

int wrap_vfwprintf(FILE *restrict stream, const wchar_t *restrict format, va_list list)
{
    uint64_t begin = recorder_now();
    int n = real.vfwprintf(stream, format, list);
    wrote_wide(stream, begin, n);
    return n;
}

int wrap___vfwprintf_chk(
    FILE *restrict stream, int flag, const wchar_t *restrict format, va_list list)
{
    uint64_t begin = recorder_now();
    int n = real.__vfwprintf_chk(stream, flag, format, list);
    wrote_wide(stream, begin, n);
    return n;
}

int wrap_fputws(const wchar_t *restrict text, FILE *restrict stream)
{
    uint64_t begin = recorder_now();
    size_t len = stream && fd_recorded(stream->_fileno) ? wcslen(text) : 0;
    int n = real.fputws(text, stream);
    wrote_wide(stream, begin, n < 0 ? 0 : (int)len);
    return n;
}
