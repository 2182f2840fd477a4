/* A growing byte buffer; always NUL-terminated behind its length. All-zero is empty and valid. */
#ifndef APMSHIM_BASE_BUF_H
#define APMSHIM_BASE_BUF_H

#include <stddef.h>
#include "base/bytes.h"

struct buf {
    char *data;
    size_t len, cap;
};

void buf_reserve(struct buf *b, size_t extra);
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_clear(struct buf *b);
void buf_free(struct buf *b);
/* Gives the string to the caller, who frees it; b is empty afterwards. Never NULL. */
char *buf_take(struct buf *b);

#endif
