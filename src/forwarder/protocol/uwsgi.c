/* The uwsgi protocol (uWSGI's documentation, "The uwsgi (lowercase) Protocol"): a packet of four
 * bytes, modifier, size (little-endian) and second modifier, and names and values with their
 * lengths before them. The modifier says which of uWSGI's plug-ins is meant; other uses have no
 * variables in them. */
#include "protocol/cgi_exchange.h"

enum { HEADER_BYTES = 4, NAME_BYTES_MAX = 256, NAME_BYTES_SEEN = 4 };

static size_t little_endian(const char *data)
{
    return (size_t)(unsigned char)data[0] | (size_t)(unsigned char)data[1] << 8;
}

static bool is_name_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Nothing but the variables themselves tells the packet from another protocol's: the first one's
 * name is looked at. */
static enum sniff sniff_name(struct bytes block, size_t size)
{
    if (block.len < 2)
        return SNIFF_MORE;
    size_t name = little_endian(block.data);
    struct bytes seen = bytes_skip(block, 2);
    if (name < NAME_BYTES_SEEN || name > NAME_BYTES_MAX || name + 4 > size)
        return SNIFF_NO;
    for (size_t i = 0; i < seen.len && i < name; i++)
        if (!is_name_char(seen.data[i]))
            return SNIFF_NO;
    return seen.len < NAME_BYTES_SEEN ? SNIFF_MORE : SNIFF_YES;
}

static enum sniff find_block(struct bytes begin, size_t *ret_offset, size_t *ret_size)
{
    if (begin.len < HEADER_BYTES)
        return SNIFF_MORE;
    *ret_offset = HEADER_BYTES;
    *ret_size = little_endian(begin.data + 1);
    return sniff_name(bytes_skip(begin, HEADER_BYTES), *ret_size);
}

static bool next_text(struct bytes *rest, struct bytes *ret_text)
{
    *ret_text = bytes_skip(*rest, 2);
    if (rest->len < 2 || ret_text->len < little_endian(rest->data))
        return false;
    ret_text->len = little_endian(rest->data);
    *rest = bytes_skip(*rest, 2 + ret_text->len);
    return true;
}

CGI_EXCHANGE_PROTOCOL(uwsgi, 0)
