#include "protocol/fastcgi_records.h"

bool fastcgi_header_read(const unsigned char *bytes, struct fastcgi_record *ret_record)
{
    *ret_record = (struct fastcgi_record){
        .type = bytes[1],
        .id = (unsigned)bytes[2] << 8 | bytes[3],
        .length = (unsigned)bytes[4] << 8 | bytes[5],
        .padding = bytes[6],
    };
    return bytes[0] == 1 && bytes[1] >= FASTCGI_BEGIN_REQUEST && bytes[1] <= FASTCGI_UNKNOWN_TYPE;
}

static bool end_if_over(struct fastcgi_flow *flow, const struct fastcgi_events *events)
{
    if (flow->content || flow->padding)
        return true;
    struct fastcgi_record record = flow->record;
    flow->header_len = 0;
    return events->end(events->self, &record);
}

static bool take_header(
    struct fastcgi_flow *flow, struct bytes *in, const struct fastcgi_events *events)
{
    flow->header[flow->header_len++] = (unsigned char)in->data[0];
    *in = bytes_skip(*in, 1);
    if (flow->header_len < FASTCGI_HEADER_BYTES)
        return true;
    if (!fastcgi_header_read(flow->header, &flow->record)) {
        *flow = (struct fastcgi_flow){.lost = true};
        return true;
    }
    flow->content = flow->record.length;
    flow->padding = flow->record.padding;
    return events->begin(events->self, &flow->record) && end_if_over(flow, events);
}

static unsigned take_part(unsigned *left, uint64_t n)
{
    unsigned part = n < *left ? (unsigned)n : *left;
    *left -= part;
    return part;
}

/* At most n bytes of content, then of padding; how many is in *ret_taken. */
static bool take_body(struct fastcgi_flow *flow, const char *data, uint64_t n,
    const struct fastcgi_events *events, uint64_t *ret_taken)
{
    unsigned content = take_part(&flow->content, n);
    if (content && !events->content(events->self, &flow->record, (struct bytes){data, content}))
        return false;
    *ret_taken = content + take_part(&flow->padding, n - content);
    return end_if_over(flow, events);
}

bool fastcgi_flow_take(
    struct fastcgi_flow *flow, struct bytes in, const struct fastcgi_events *events)
{
    while (in.len && !flow->lost) {
        uint64_t taken = 0;
        if (flow->header_len < FASTCGI_HEADER_BYTES) {
            if (!take_header(flow, &in, events))
                return false;
        } else if (!take_body(flow, in.data, in.len, events, &taken)) {
            return false;
        }
        in = bytes_skip(in, (size_t)taken);
    }
    return true;
}

bool fastcgi_flow_skip(struct fastcgi_flow *flow, uint64_t gap, const struct fastcgi_events *events)
{
    uint64_t taken = 0;
    if (!gap || flow->lost)
        return true;
    if (flow->header_len == FASTCGI_HEADER_BYTES && !take_body(flow, NULL, gap, events, &taken))
        return false;
    if (taken < gap)
        *flow = (struct fastcgi_flow){.lost = true};
    return true;
}
