#include "trace/traceparent.h"

/* "00-" trace id "-" parent id "-" flags */
enum { TRACE_ID_AT = 3, PARENT_ID_AT = 36, FLAGS_AT = 53, LENGTH = 55 };

/* Lower case only (W3C Trace Context, section 3.2.2). */
static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False also if all are zero. */
static bool read_hex(const char *text, uint8_t *ret_bytes, size_t count)
{
    uint8_t any = 0;
    for (size_t i = 0; i < count; i++) {
        int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        ret_bytes[i] = (uint8_t)(high << 4 | low);
        any |= ret_bytes[i];
    }
    return any;
}

static bool has_form(struct bytes b)
{
    if (b.len < LENGTH || b.data[2] != '-' || b.data[35] != '-' || b.data[52] != '-')
        return false;
    int high = hex_value(b.data[0]), low = hex_value(b.data[1]);
    if (high < 0 || low < 0 || (high == 15 && low == 15))
        return false;
    bool first_version = high == 0 && low == 0;
    return b.len == LENGTH || (!first_version && b.data[LENGTH] == '-');
}

/* The next part of *list, which ends at the separator. */
static struct bytes next_part(struct bytes *list, char separator)
{
    return bytes_trim(bytes_take(list, separator));
}

/* "0.25"; independent of the locale. -1 where it is no rate. */
static double read_rate(struct bytes b)
{
    double rate = 0, unit = 1;
    bool fraction = false, digits = false;
    for (size_t i = 0; i < b.len && i < 32; i++) {
        char c = b.data[i];
        if (c == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (c < '0' || c > '9')
            return -1;
        digits = true;
        unit /= fraction ? 10 : 1;
        rate = fraction ? rate + (c - '0') * unit : rate * 10 + (c - '0');
    }
    return digits && rate <= 1 ? rate : -1;
}

/* "es=s:0.5;x:y" among other vendors' entries. */
static double rate_of_state(struct bytes state)
{
    while (state.len) {
        struct bytes entry = next_part(&state, ',');
        if (entry.len < 3 || memcmp(entry.data, "es=", 3) != 0)
            continue;
        entry = bytes_skip(entry, 3);
        while (entry.len) {
            struct bytes attribute = next_part(&entry, ';');
            if (attribute.len > 2 && memcmp(attribute.data, "s:", 2) == 0)
                return read_rate(bytes_skip(attribute, 2));
        }
        return -1;
    }
    return -1;
}

bool traceparent_parse(
    struct bytes traceparent, struct bytes tracestate, struct trace_parent *ret_parent)
{
    struct bytes b = bytes_trim(traceparent);
    struct trace_parent parent = {.sample_rate = -1};
    uint8_t id[8];
    if (!has_form(b) || !read_hex(b.data + TRACE_ID_AT, parent.trace_id.bytes, 16) ||
        !read_hex(b.data + PARENT_ID_AT, id, 8))
        return false;
    int high = hex_value(b.data[FLAGS_AT]), low = hex_value(b.data[FLAGS_AT + 1]);
    if (high < 0 || low < 0)
        return false;
    for (int i = 0; i < 8; i++)
        parent.parent_id = parent.parent_id << 8 | id[i];
    parent.sampled = low & 1;
    parent.sample_rate = rate_of_state(tracestate);
    *ret_parent = parent;
    return true;
}

bool traceparent_of_headers(
    const struct header_view *headers, size_t count, struct trace_parent *ret_parent)
{
    struct bytes parent = {NULL, 0};
    double rate = -1;
    size_t parents = 0;
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal_nocase(headers[i].name, BYTES("traceparent"))) {
            parent = headers[i].value;
            parents++;
        } else if (rate < 0 && bytes_equal_nocase(headers[i].name, BYTES("tracestate"))) {
            rate = rate_of_state(headers[i].value);
        }
    }
    if (parents != 1 || !traceparent_parse(parent, (struct bytes){NULL, 0}, ret_parent))
        return false;
    ret_parent->sample_rate = rate;
    return true;
}
