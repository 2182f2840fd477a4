#include "header_hide.h"

#include <string.h>

enum { NOTHING_YET, SOMETHING_ELSE, HTTP1, FASTCGI, UWSGI, SCGI };

/* By the first byte: a method or version, FastCGI's version, uwsgi's modifier, SCGI's length. What
 * else begins so is read by nobody, but for HTTP/2's preface. */
static uint8_t spoken(const char *bytes, size_t n)
{
    char first = bytes[0];
    if (n >= 4 && memcmp(bytes, "PRI ", 4) == 0)
        return SOMETHING_ELSE;
    if ((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z'))
        return HTTP1;
    if (first >= '0' && first <= '9')
        return SCGI;
    return first == 1 ? FASTCGI : first == 0 ? UWSGI : SOMETHING_ELSE;
}

void header_hide(struct header_side *side, char *bytes, size_t n)
{
    if (n && side->speaks == NOTHING_YET)
        side->speaks = spoken(bytes, n);
    if (side->speaks == HTTP1)
        http_hide(&side->http, bytes, n);
    else if (side->speaks != SOMETHING_ELSE && n)
        cgi_hide(&side->cgi, (enum cgi_protocol)(side->speaks - FASTCGI), bytes, n);
}

void header_hide_gap(struct header_side *side, uint64_t gap)
{
    if (side->speaks == HTTP1)
        http_hide_gap(&side->http);
    else if (side->speaks > HTTP1)
        cgi_hide_gap(&side->cgi, gap);
}
