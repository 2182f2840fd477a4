#include "protocol/proxy_header.h"

#include <arpa/inet.h>
#include <stdlib.h>

static enum sniff compare(struct bytes begin, struct bytes expected)
{
    size_t common = begin.len < expected.len ? begin.len : expected.len;
    if (common && memcmp(begin.data, expected.data, common) != 0)
        return SNIFF_NO;
    return common == expected.len ? SNIFF_YES : SNIFF_MORE;
}

/* ---- version 1: a line of text ---- */

enum { LINE_BYTES_MAX = 107 };

static bool next_word(struct bytes *in, char *out, size_t size)
{
    const char *space = in->len ? memchr(in->data, ' ', in->len) : NULL;
    size_t n = space ? (size_t)(space - in->data) : in->len;
    if (!n || n >= size)
        return false;
    memcpy(out, in->data, n);
    out[n] = '\0';
    *in = bytes_skip(*in, n + 1);
    return true;
}

/* "TCP4 source destination source-port destination-port"; UNKNOWN tells nothing. */
static bool read_words(struct bytes in, struct rec_address *source)
{
    char family[8], ip[INET6_ADDRSTRLEN], other[INET6_ADDRSTRLEN], port[8];
    if (!next_word(&in, family, sizeof family))
        return false;
    if (strcmp(family, "UNKNOWN") == 0)
        return true;
    bool is_ipv6 = strcmp(family, "TCP6") == 0;
    if ((!is_ipv6 && strcmp(family, "TCP4") != 0) || !next_word(&in, ip, sizeof ip) ||
        !next_word(&in, other, sizeof other) || !next_word(&in, port, sizeof port) ||
        inet_pton(is_ipv6 ? AF_INET6 : AF_INET, ip, source->ip) != 1)
        return false;
    source->family = is_ipv6 ? ADDRESS_IPV6 : ADDRESS_IPV4;
    source->port = (uint16_t)strtoul(port, NULL, 10);
    return true;
}

static enum sniff read_line(struct bytes begin, struct proxy_header *ret_header)
{
    struct bytes signature = BYTES("PROXY ");
    enum sniff found = compare(begin, signature);
    if (found != SNIFF_YES)
        return found;
    size_t looked_at = begin.len < LINE_BYTES_MAX ? begin.len : LINE_BYTES_MAX;
    const char *end = memmem(begin.data, looked_at, "\r\n", 2);
    if (!end)
        return looked_at < LINE_BYTES_MAX ? SNIFF_MORE : SNIFF_NO;
    struct bytes line = {begin.data, (size_t)(end - begin.data)};
    ret_header->size = line.len + 2;
    return read_words(bytes_skip(line, signature.len), &ret_header->source) ? SNIFF_YES : SNIFF_NO;
}

/* ---- version 2: binary ---- */

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
enum { FIXED_BYTES = 16, LOCAL = 0x20, PROXY = 0x21, STREAM_IPV4 = 0x11, STREAM_IPV6 = 0x21 };

static void read_source(
    const unsigned char *b, const char *addresses, size_t size, struct rec_address *source)
{
    bool is_ipv6 = b[13] == STREAM_IPV6;
    size_t ip = is_ipv6 ? 16 : 4;
    if (b[12] != PROXY || (!is_ipv6 && b[13] != STREAM_IPV4) || size < 2 * ip + 4)
        return;
    const unsigned char *port = (const unsigned char *)addresses + 2 * ip;
    source->family = is_ipv6 ? ADDRESS_IPV6 : ADDRESS_IPV4;
    source->port = (uint16_t)(port[0] << 8 | port[1]);
    memcpy(source->ip, addresses, ip);
}

static enum sniff read_binary(struct bytes begin, struct proxy_header *ret_header)
{
    const unsigned char *b = (const unsigned char *)begin.data;
    enum sniff found = compare(begin, BYTES(SIGNATURE));
    if (found != SNIFF_YES || begin.len < FIXED_BYTES)
        return found == SNIFF_NO ? SNIFF_NO : SNIFF_MORE;
    size_t size = (size_t)b[14] << 8 | b[15];
    if ((b[12] != LOCAL && b[12] != PROXY) || FIXED_BYTES + size > PROXY_HEADER_BYTES_MAX)
        return SNIFF_NO;
    if (begin.len < FIXED_BYTES + size)
        return SNIFF_MORE;
    ret_header->size = FIXED_BYTES + size;
    read_source(b, begin.data + FIXED_BYTES, size, &ret_header->source);
    return SNIFF_YES;
}

enum sniff proxy_header_read(struct bytes begin, struct proxy_header *ret_header)
{
    *ret_header = (struct proxy_header){0};
    enum sniff line = read_line(begin, ret_header);
    return line != SNIFF_NO ? line : read_binary(begin, ret_header);
}
