/* What is printed past stdio's buffers: to a descriptor, and by wide streams. */
#include "hooks.h"

#include <errno.h>
#include <wchar.h>

#include "fds.h"
#include "recorder.h"
#include "runs.h"
#include "sending.h"
#include "stdio_call.h"

/* ---- what is printed to a descriptor ---- */

struct scratch_hold print_ahead(const char *format, va_list list, size_t *ret_len)
{
    va_list again;
    int saved_errno = errno, n = 0;
    struct scratch_hold text = scratch_take();
    va_copy(again, list);
    if (text.scratch)
        n = vsnprintf(text.scratch->bytes, SCRATCH_BYTES, format, again);
    va_end(again);
    errno = saved_errno;
    *ret_len = n > 0 && n < SCRATCH_BYTES && scratch_held(&text) ? (size_t)n : 0;
    return text;
}

static void sending_text(struct sending *s, int fd, const char *format, va_list list)
{
    size_t len;
    struct scratch_hold text = print_ahead(format, list, &len);
    sending_flat(s, fd, text.scratch ? text.scratch->bytes : NULL, len);
    scratch_give(&text);
}

#define DPRINT_HOOK(name, params, args)                                                            \
    int wrap_##name params                                                                         \
    {                                                                                              \
        struct sending s;                                                                          \
        sending_text(&s, fd, format, list);                                                        \
        return (int)sending_done(&s, fd, real.name args);                                          \
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
