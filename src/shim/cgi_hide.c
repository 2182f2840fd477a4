#include "cgi_hide.h"

#include <string.h>

enum { CGI_LENGTHS, CGI_NAME, CGI_VALUE };
enum { FASTCGI_HEADER = 8, FASTCGI_PARAMS = 4, FASTCGI_STDOUT = 6, UWSGI_HEADER = 4 };

static bool is_shown(const struct cgi_pairs *pairs)
{
    static const char *const names[] = {
        "HTTP_ELASTIC_APM_TRACEPARENT", "HTTP_HOST", "HTTP_TRACEPARENT", "HTTP_TRACESTATE"};
    if (pairs->name_len < 5 || memcmp(pairs->name, "HTTP_", 5) != 0)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == pairs->name_len &&
            memcmp(pairs->name, names[i], pairs->name_len) == 0)
            return true;
    return false;
}

static void keep_name(struct cgi_pairs *pairs, char c)
{
    if (pairs->name_len < CGI_NAME_KEPT)
        pairs->name[pairs->name_len++] = c;
}

static void begin_value(struct cgi_pairs *pairs)
{
    pairs->state = CGI_VALUE;
    pairs->hides = !is_shown(pairs);
    pairs->name_len = 0;
}

/* A length of one byte, or of four if its first bit is set; first the name's, then the value's. */
static void fastcgi_length(struct cgi_pairs *pairs, uint8_t byte)
{
    const uint8_t *b = pairs->number;
    pairs->number[pairs->have++] = byte;
    bool is_long = b[0] & 0x80;
    if (is_long && pairs->have < 4)
        return;
    pairs->left[pairs->lengths++] =
        !is_long
            ? byte
            : (uint32_t)(b[0] & 0x7f) << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    pairs->have = 0;
    if (pairs->lengths == 2)
        pairs->state = CGI_NAME;
}

static void fastcgi_byte(struct cgi_pairs *pairs, char *byte)
{
    if (pairs->state == CGI_LENGTHS) {
        fastcgi_length(pairs, (uint8_t)*byte);
    } else if (pairs->state == CGI_NAME) {
        pairs->left[0]--;
        keep_name(pairs, *byte);
    } else {
        pairs->left[1]--;
        if (pairs->hides)
            *byte = '?';
    }
    if (pairs->state == CGI_NAME && !pairs->left[0])
        begin_value(pairs);
    if (pairs->state == CGI_VALUE && !pairs->left[1]) {
        pairs->state = CGI_LENGTHS;
        pairs->lengths = 0;
    }
}

/* A length of two bytes, the lower one first, before the name and before the value. */
static void uwsgi_byte(struct cgi_pairs *pairs, char *byte)
{
    uint32_t *left = &pairs->left[pairs->state == CGI_VALUE];
    if (pairs->have < 2) {
        pairs->number[pairs->have++] = (uint8_t)*byte;
        *left = pairs->have == 2 ? pairs->number[0] | (uint32_t)pairs->number[1] << 8 : 1;
    } else if (*left) {
        --*left;
        if (pairs->state == CGI_VALUE && pairs->hides)
            *byte = '?';
        else if (pairs->state != CGI_VALUE)
            keep_name(pairs, *byte);
    }
    if (*left || pairs->have < 2)
        return;
    if (pairs->state == CGI_VALUE)
        pairs->state = CGI_LENGTHS;
    else
        begin_value(pairs);
    pairs->have = 0;
}

/* Each ended by NUL. */
static void scgi_byte(struct cgi_pairs *pairs, char *byte)
{
    if (pairs->state != CGI_VALUE && *byte)
        keep_name(pairs, *byte);
    else if (pairs->state != CGI_VALUE)
        begin_value(pairs);
    else if (!*byte)
        pairs->state = CGI_LENGTHS;
    else if (pairs->hides)
        *byte = '?';
}

/* ---- records and packets ---- */

static void begin_record(struct cgi_side *side)
{
    side->left = (uint32_t)side->header[4] << 8 | side->header[5];
    side->padding = side->header[6];
    side->have = side->left || side->padding ? FASTCGI_HEADER : 0;
    if (side->header[1] == FASTCGI_PARAMS && !side->left)
        side->pairs = (struct cgi_pairs){.state = CGI_LENGTHS};
}

static void fastcgi(struct cgi_side *side, char *byte)
{
    if (side->have < FASTCGI_HEADER) {
        side->header[side->have++] = (uint8_t)*byte;
        if (side->have == FASTCGI_HEADER)
            begin_record(side);
        return;
    }
    if (!side->left) {
        side->padding--;
    } else {
        side->left--;
        if (side->header[1] == FASTCGI_PARAMS)
            fastcgi_byte(&side->pairs, byte);
        else if (side->header[1] == FASTCGI_STDOUT)
            http_hide(&side->lines, byte, 1);
    }
    if (!side->left && !side->padding)
        side->have = 0;
}

/* Behind the packet comes the body, which says nothing. */
static void uwsgi(struct cgi_side *side, char *byte)
{
    if (side->have < UWSGI_HEADER) {
        side->header[side->have++] = (uint8_t)*byte;
        side->left =
            side->have < UWSGI_HEADER ? 0 : side->header[1] | (uint32_t)side->header[2] << 8;
    } else if (side->left) {
        side->left--;
        uwsgi_byte(&side->pairs, byte);
    }
}

/* "length:" before the variables, and a comma behind them. */
static void scgi(struct cgi_side *side, char *byte)
{
    if (!side->have && *byte >= '0' && *byte <= '9') {
        side->left = side->left < 100000000 ? side->left * 10 + (uint32_t)(*byte - '0') : 0;
    } else if (!side->have) {
        side->have = 1;
    } else if (side->left) {
        side->left--;
        scgi_byte(&side->pairs, byte);
    }
}

void cgi_hide(struct cgi_side *side, enum cgi_protocol protocol, char *bytes, size_t n)
{
    static void (*const take[])(struct cgi_side *, char *) = {
        [CGI_FASTCGI] = fastcgi, [CGI_UWSGI] = uwsgi, [CGI_SCGI] = scgi};
    for (size_t i = 0; i < n && !side->lost; i++)
        take[protocol](side, bytes + i);
    if (n && side->lost)
        memset(bytes, '?', n);
}

/* Only within a record is it known how it goes on. */
void cgi_hide_gap(struct cgi_side *side, uint64_t gap)
{
    side->lost |= gap > side->left || side->header[1] == FASTCGI_PARAMS;
    side->left -= side->lost ? 0 : (uint32_t)gap;
    if (!side->lost && !side->left && !side->padding)
        side->have = 0;
    http_hide_gap(&side->lines);
}
