/* A growing byte buffer; always NUL-terminated behind its length. All-zero is empty and valid. */
#ifndef APMSHIM_BASE_BUF_H
#define APMSHIM_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include "base/bytes.h"

struct buf {
    char *data;
    size_t len, cap;
};

/* Room for at least so many more and the NUL behind them. */
void buf_grow(struct buf *b, size_t extra);

/* Inline: events are written in pieces of a few bytes. */
static inline void buf_reserve(struct buf *b, size_t extra)
{
    if (b->cap - b->len <= extra)
        buf_grow(b, extra);
}

static inline void buf_add(struct buf *b, const void *bytes, size_t n)
{
    buf_reserve(b, n);
    if (n)
        memcpy(b->data + b->len, bytes, n);
    b->len += n;
    b->data[b->len] = '\0';
}

static inline void buf_puts(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

static inline void buf_putc(struct buf *b, char c)
{
    buf_reserve(b, 1);
    b->data[b->len++] = c;
    b->data[b->len] = '\0';
}

void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
void buf_clear(struct buf *b);
void buf_free(struct buf *b);
/* Gives the string to the caller, who frees it; b is empty afterwards. Never NULL. */
char *buf_take(struct buf *b);

#endif
