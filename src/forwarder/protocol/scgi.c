/* SCGI (Neil Schemenauer, "SCGI: A Simple Common Gateway Interface alternative"): the variables as
 * a netstring of NUL-terminated names and values, CONTENT_LENGTH first, then the body. */
#include "protocol/cgi_exchange.h"

#define FIRST_NAME "CONTENT_LENGTH"

enum { LENGTH_DIGITS_MAX = 6 };

static enum sniff find_block(struct bytes begin, size_t *ret_offset, size_t *ret_size)
{
    size_t n = 0, size = 0, common;
    while (n < begin.len && n <= LENGTH_DIGITS_MAX && begin.data[n] >= '0' && begin.data[n] <= '9')
        size = size * 10 + (size_t)(begin.data[n++] - '0');
    if (n > LENGTH_DIGITS_MAX || (!n && begin.len))
        return SNIFF_NO;
    if (n == begin.len)
        return SNIFF_MORE;
    struct bytes rest = bytes_skip(begin, n + 1);
    common = rest.len < sizeof FIRST_NAME ? rest.len : sizeof FIRST_NAME;
    if (begin.data[n] != ':' || size <= sizeof FIRST_NAME ||
        (common && memcmp(rest.data, FIRST_NAME, common) != 0))
        return SNIFF_NO;
    *ret_offset = n + 1;
    *ret_size = size;
    return common == sizeof FIRST_NAME ? SNIFF_YES : SNIFF_MORE;
}

static bool next_text(struct bytes *rest, struct bytes *ret_text)
{
    const char *end = rest->len ? memchr(rest->data, '\0', rest->len) : NULL;
    *ret_text = *rest;
    if (!end)
        return false;
    ret_text->len = (size_t)(end - rest->data);
    *rest = bytes_skip(*rest, ret_text->len + 1);
    return true;
}

CGI_EXCHANGE_PROTOCOL(scgi, 1)
