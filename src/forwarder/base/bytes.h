/* A borrowed run of bytes: never owned, never NUL-terminated. */
#ifndef APMSHIM_BASE_BYTES_H
#define APMSHIM_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct bytes {
    const char *data;
    size_t len;
};

#define BYTES(literal) ((struct bytes){(literal), sizeof(literal) - 1})

static inline struct bytes bytes_of(const char *s)
{
    return (struct bytes){s, s ? strlen(s) : 0};
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* ASCII case is ignored, as for header names. */
static inline bool bytes_equal_nocase(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.data, b.data, a.len) == 0);
}

/* What rules most words out without a call. */
static inline bool bytes_may_begin_word(struct bytes b, const char *word)
{
    return b.len && ((b.data[0] ^ word[0]) & ~0x20) == 0;
}

/* words: an array of strings. */
#define BYTES_ARE_ONE_OF(b, words) bytes_are_one_of(b, words, sizeof(words) / sizeof *(words))

static inline bool bytes_are_one_of(struct bytes b, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_may_begin_word(b, words[i]) && bytes_equal_nocase(b, bytes_of(words[i])))
            return true;
    return false;
}

static inline bool bytes_start_with(struct bytes b, struct bytes start)
{
    return b.len >= start.len && bytes_equal((struct bytes){b.data, start.len}, start);
}

static inline struct bytes bytes_skip(struct bytes b, size_t n)
{
    if (n > b.len)
        n = b.len;
    return n ? (struct bytes){b.data + n, b.len - n} : b;
}

static inline bool bytes_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline struct bytes bytes_skip_blanks(struct bytes b)
{
    while (b.len && bytes_is_blank(b.data[0]))
        b = bytes_skip(b, 1);
    return b;
}

static inline struct bytes bytes_trim(struct bytes b)
{
    b = bytes_skip_blanks(b);
    while (b.len && bytes_is_blank(b.data[b.len - 1]))
        b.len--;
    return b;
}

/* What is before the delimiter, or all; it and the delimiter are taken off the rest. */
static inline struct bytes bytes_take(struct bytes *rest, char delimiter)
{
    const char *end = rest->len ? (const char *)memchr(rest->data, delimiter, rest->len) : NULL;
    struct bytes part = {rest->data, end ? (size_t)(end - rest->data) : rest->len};
    *rest = bytes_skip(*rest, part.len + (end != NULL));
    return part;
}

#endif
