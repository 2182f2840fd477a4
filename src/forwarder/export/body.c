#include "export/body.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/alloc.h"

enum {
    GZIP_WINDOW = 15 + 16, /* zlib's way to say: with gzip's header */
    ROOM = 16 * 1024,
};

struct body_writer {
    bool compress;
    z_stream stream;
    struct buf bytes;
};

struct body_writer *body_writer_new(bool compress)
{
    struct body_writer *writer = xcalloc(1, sizeof *writer);
    writer->compress = compress;
    if (compress && deflateInit2(&writer->stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, 8,
                        Z_DEFAULT_STRATEGY) != Z_OK)
        writer->compress = false; /* no memory: larger, but sent */
    return writer;
}

static void deflate_all(struct body_writer *writer, int flush)
{
    z_stream *stream = &writer->stream;
    do {
        buf_reserve(&writer->bytes, ROOM);
        size_t room = writer->bytes.cap - writer->bytes.len - 1;
        stream->next_out = (Bytef *)writer->bytes.data + writer->bytes.len;
        stream->avail_out = (uInt)room;
        (void)deflate(stream, flush);
        writer->bytes.len += room - stream->avail_out;
    } while (stream->avail_out == 0);
}

void body_add(struct body_writer *writer, const char *bytes, size_t len)
{
    if (!writer->compress) {
        buf_add(&writer->bytes, bytes, len);
        return;
    }
    writer->stream.next_in = (Bytef *)(uintptr_t)bytes;
    writer->stream.avail_in = (uInt)len;
    deflate_all(writer, Z_NO_FLUSH);
}

size_t body_size(const struct body_writer *writer)
{
    return writer->bytes.len;
}

struct body *body_finish(struct body_writer *writer)
{
    struct body *body = xcalloc(1, sizeof *body);
    if (writer->compress) {
        deflate_all(writer, Z_FINISH);
        (void)deflateReset(&writer->stream);
    }
    body->bytes = writer->bytes;
    body->compressed = writer->compress;
    writer->bytes = (struct buf){0};
    return body;
}

void body_writer_free(struct body_writer *writer)
{
    if (writer->compress)
        (void)deflateEnd(&writer->stream);
    buf_free(&writer->bytes);
    free(writer);
}

void body_free(struct body *body)
{
    buf_free(&body->bytes);
    free(body);
}
