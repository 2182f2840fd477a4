#include "stdio_call.h"

#include "fd_info.h"
#include "recorder.h"
#include "runs.h"

void stdio_received(const struct stdio_call *call, struct iovec *iov, int count)
{
    struct passed passed = {.type = REC_RECV, .iov = iov, .count = count, .time = recorder_now()};
    for (int i = 0; i < count; i++)
        passed.total += iov[i].iov_len;
    if (passed.total)
        run_record(call->fd, &passed);
}

void stdio_sent(struct stdio_call *call, size_t n)
{
    struct passed passed = {.type = REC_SEND,
        .kept = &call->kept,
        .total = n,
        .time = call->begin,
        .elapsed = recorder_now() - call->begin};
    if (n)
        run_record(call->fd, &passed);
    snapshot_drop(&call->kept);
    if (call->sends)
        fd_send_ends(call->fd);
}

/* A function that is not ours has read since. The last of it is still there. */
static void catch_up(const struct stdio_call *call)
{
    const FILE *stream = call->stream;
    struct fd_stream *known = fd_stream(call->fd);
    if (stream->_flags & STDIO_BACKUP || stream->_IO_read_end == known->read_end)
        return;
    known->read_end = stream->_IO_read_end;
    if (stream->_IO_read_end <= stream->_IO_read_base)
        return;
    if (known->wrote && !stdio_unread(stream)) /* maybe what it has written, as seeking leaves it */
        return;
    struct iovec iov = {
        stream->_IO_read_base, (size_t)(stream->_IO_read_end - stream->_IO_read_base)};
    stdio_received(call, &iov, 1);
}

bool stdio_begin(struct stdio_call *call, FILE *stream)
{
    call->stream = stream;
    call->fd = stream ? stream->_fileno : -1;
    if (!fd_recorded(call->fd))
        return false;
    call->begin = recorder_now();
    catch_up(call);
    call->unread = stdio_unread(stream);
    call->held = stdio_held(stream);
    call->sends = false;
    call->kept = (struct snapshot){0};
    return true;
}

bool stdio_may_send(const FILE *stream, size_t n)
{
    size_t room = stream->_IO_buf_end > stream->_IO_write_ptr
                      ? (size_t)(stream->_IO_buf_end - stream->_IO_write_ptr)
                      : 0;
    return n >= room || stream->_flags & (STDIO_UNBUFFERED | STDIO_LINE_BUFFERED);
}

void stdio_keep(struct stdio_call *call, const struct iovec *written, size_t count)
{
    struct iovec held = {call->stream->_IO_write_base, call->held};
    call->sends = true;
    fd_send_begins(call->fd);
    snapshot_begin(&call->kept);
    snapshot_add(&call->kept, &held, 1);
    snapshot_add(&call->kept, written, count);
    snapshot_end(&call->kept, call->fd, false);
}

void stdio_wrote(struct stdio_call *call, size_t n)
{
    size_t held = stdio_held(call->stream), all = call->held + n;
    *fd_stream(call->fd) =
        (struct fd_stream){held ? call->stream : NULL, call->stream->_IO_read_end, .wrote = true};
    stdio_sent(call, held < all ? all - held : 0);
}
