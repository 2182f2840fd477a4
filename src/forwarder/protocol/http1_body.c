#include "protocol/http1_body.h"

enum { SIZE_DIGITS_MAX = 15 };

void http1_body_begin_length(struct http1_body *body, uint64_t length)
{
    *body = (struct http1_body){.part = HTTP1_BODY_LENGTH, .left = length};
}

void http1_body_begin_chunked(struct http1_body *body)
{
    *body = (struct http1_body){.part = HTTP1_CHUNK_SIZE};
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The line of a chunk's size has ended. */
static void begin_chunk(struct http1_body *body)
{
    body->column = 0;
    body->part = body->left ? HTTP1_CHUNK_DATA : HTTP1_TRAILER;
}

static enum http1_body_result size_char(struct http1_body *body, char c)
{
    int digit = hex_value(c);
    if (digit >= 0 && (body->column < SIZE_DIGITS_MAX || !body->left)) {
        body->left = body->left * 16 + (unsigned)digit;
        body->column += body->left || !body->column; /* more zeros before it say nothing */
        return HTTP1_BODY_MORE;
    }
    if (!body->column || !strchr("\r\n\t ;", c) || !c)
        return HTTP1_BODY_LOST;
    if (c == '\n')
        begin_chunk(body);
    else
        body->part = HTTP1_CHUNK_EXTENSION;
    return HTTP1_BODY_MORE;
}

static enum http1_body_result chunk_end_char(struct http1_body *body, char c)
{
    if (c == '\n')
        http1_body_begin_chunked(body);
    else if (c != '\r' || body->column++)
        return HTTP1_BODY_LOST;
    return HTTP1_BODY_MORE;
}

static enum http1_body_result trailer_char(struct http1_body *body, char c)
{
    if (c == '\n') {
        if (!body->column)
            return HTTP1_BODY_ENDED;
        body->column = 0;
    } else if (c != '\r') {
        body->column = 1;
    }
    return HTTP1_BODY_MORE;
}

static enum http1_body_result framing_char(struct http1_body *body, char c)
{
    switch (body->part) {
    case HTTP1_CHUNK_SIZE:
        return size_char(body, c);
    case HTTP1_CHUNK_END:
        return chunk_end_char(body, c);
    case HTTP1_TRAILER:
        return trailer_char(body, c);
    default: /* HTTP1_CHUNK_EXTENSION */
        if (c == '\n')
            begin_chunk(body);
        return HTTP1_BODY_MORE;
    }
}

static enum http1_body_result take_data(struct http1_body *body, struct bytes *in)
{
    size_t n = in->len < body->left ? in->len : (size_t)body->left;
    *in = bytes_skip(*in, n);
    body->left -= n;
    if (body->left)
        return HTTP1_BODY_MORE;
    if (body->part == HTTP1_BODY_LENGTH)
        return HTTP1_BODY_ENDED;
    body->part = HTTP1_CHUNK_END;
    return HTTP1_BODY_MORE;
}

enum http1_body_result http1_body_take(
    struct http1_body *body, struct bytes *in, struct bytes *ret_data)
{
    enum http1_body_result result = HTTP1_BODY_MORE;
    *ret_data = (struct bytes){in->data, 0};
    while (in->len && result == HTTP1_BODY_MORE && !ret_data->len) {
        if (body->part == HTTP1_BODY_LENGTH || body->part == HTTP1_CHUNK_DATA) {
            struct bytes before = *in;
            result = take_data(body, in);
            *ret_data = (struct bytes){before.data, before.len - in->len};
        } else {
            result = framing_char(body, in->data[0]);
            *in = bytes_skip(*in, 1);
        }
    }
    return result;
}

enum http1_body_result http1_body_skip(struct http1_body *body, uint64_t n, uint64_t *ret_excess)
{
    bool length = body->part == HTTP1_BODY_LENGTH;
    if (!n || ((length || body->part == HTTP1_CHUNK_DATA) && n < body->left)) {
        body->left -= n;
        return HTTP1_BODY_MORE;
    }
    if (length) {
        *ret_excess = n - body->left;
        return HTTP1_BODY_ENDED;
    }
    if (body->part != HTTP1_CHUNK_DATA || n > body->left)
        return HTTP1_BODY_LOST;
    body->left = 0;
    body->part = HTTP1_CHUNK_END;
    return HTTP1_BODY_MORE;
}

/* Trailer fields, if any, and the empty line behind them; nothing more. */
static bool is_trailer(struct bytes b)
{
    while (b.len > 2) {
        const char *end = memmem(b.data, b.len, "\r\n", 2);
        if (!end || end == b.data || !memchr(b.data, ':', (size_t)(end - b.data)))
            return false;
        b = bytes_skip(b, (size_t)(end - b.data) + 2);
    }
    return bytes_equal(b, BYTES("\r\n"));
}

bool http1_body_is_last_chunk(struct bytes last, bool whole)
{
    if (whole && last.len >= 5 && memcmp(last.data, "0\r\n", 3) == 0 &&
        is_trailer(bytes_skip(last, 3)))
        return true;
    const char *zero;
    while (last.len && (zero = memmem(last.data, last.len, "\r\n0\r\n", 5))) {
        last = bytes_skip(last, (size_t)(zero - last.data) + 5);
        if (is_trailer(last))
            return true;
    }
    return false;
}
