/* Connections behind stdio. The C library's own reads and writes pass no function that could be
 * interposed, so what moved is told from a stream's buffer, before and after the calls that move
 * it. Of FILE only those members are looked at that every program has compiled in, since
 * getc_unlocked was a macro; nothing in it is changed, and the calls are made as the service makes
 * them. */
#ifndef APMSHIM_SHIM_STDIO_CALL_H
#define APMSHIM_SHIM_STDIO_CALL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/uio.h>

#include "snapshot.h"

enum { STDIO_UNBUFFERED = 2, STDIO_LINE_BUFFERED = 0x200, STDIO_BACKUP = 0x100 }; /* in _flags */

/* What a stream held before it. */
struct stdio_call {
    FILE *stream;
    int fd;
    uint64_t begin;
    size_t unread;        /* bytes read ahead */
    size_t held;          /* bytes not sent yet */
    bool sends;           /* it may */
    struct snapshot kept; /* of these and those that the call writes, if it may send */
};

static inline size_t stdio_unread(const FILE *stream)
{
    return stream->_IO_read_end > stream->_IO_read_ptr
               ? (size_t)(stream->_IO_read_end - stream->_IO_read_ptr)
               : 0;
}

static inline size_t stdio_held(const FILE *stream)
{
    return stream->_IO_write_ptr > stream->_IO_write_base
               ? (size_t)(stream->_IO_write_ptr - stream->_IO_write_base)
               : 0;
}

/* Before a call. False: the stream is on no recorded connection. */
bool stdio_begin(struct stdio_call *call, FILE *stream);
/* Whether a call that writes n bytes may send some. */
bool stdio_may_send(const FILE *stream, size_t n);
/* Keeps the bytes that the call sends first: what is held, then what it writes. */
void stdio_keep(struct stdio_call *call, const struct iovec *written, size_t count);
/* The call has written n bytes to the stream: what is held no more was sent. */
void stdio_wrote(struct stdio_call *call, size_t n);
/* n bytes were sent. */
void stdio_sent(struct stdio_call *call, size_t n);
void stdio_received(const struct stdio_call *call, struct iovec *iov, int count);

/* What a call will print, in memory of ours that the caller gives back. *ret_len is 0 where it has
 * no room. */
struct scratch_hold print_ahead(const char *format, va_list list, size_t *ret_len);

#endif
