#include "http_hide.h"

#include <string.h>
#include <strings.h>

enum { IN_NAME, BEHIND_NAME, IN_VALUE, IN_HIDDEN_VALUE, IN_OTHER_LINE };

/* What the forwarder's parser and the transaction's names, addresses and parents need. */
static bool is_needed(const struct http_side *side)
{
    static const char *const names[] = {"connection", "content-length", "content-type",
        "elastic-apm-traceparent", "expect", "grpc-status", "host", "status", "traceparent",
        "tracestate", "transfer-encoding", "upgrade"};
    if (side->name_len >= HTTP_NAME_KEPT)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == side->name_len &&
            strncasecmp(side->name, names[i], side->name_len) == 0)
            return true;
    return false;
}

/* A name without a blank, be there one behind it; with one it is a request's first line. */
static uint8_t in_name(struct http_side *side, char c)
{
    bool blank = c == ' ' || c == '\t';
    if (c == ':' && side->name_len)
        return is_needed(side) ? IN_VALUE : IN_HIDDEN_VALUE;
    if (blank)
        return side->name_len ? BEHIND_NAME : IN_HIDDEN_VALUE; /* a folded line goes on */
    if (side->name_len < HTTP_NAME_KEPT)
        side->name[side->name_len++] = c;
    return IN_NAME;
}

static uint8_t behind_name(char c)
{
    if (c == ':')
        return IN_HIDDEN_VALUE;
    return c == ' ' || c == '\t' ? BEHIND_NAME : IN_OTHER_LINE;
}

static void take(struct http_side *side, char *byte)
{
    if (*byte == '\n') {
        side->state = IN_NAME;
        side->name_len = 0;
    } else if (side->state == IN_NAME) {
        side->state = in_name(side, *byte);
    } else if (side->state == BEHIND_NAME) {
        side->state = behind_name(*byte);
    } else if (side->state == IN_HIDDEN_VALUE && *byte != '\r' && *byte != ' ') {
        *byte = '?';
    }
}

void http_hide(struct http_side *side, char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        take(side, bytes + i);
}

void http_hide_gap(struct http_side *side)
{
    side->state = IN_HIDDEN_VALUE;
}
