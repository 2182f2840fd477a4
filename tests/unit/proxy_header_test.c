/* Headers of the PROXY protocol, each cut at every byte. */
#include "protocol_watch.h"
#include "check.h"

#include "protocol/proxy_header.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define FOUR                                                                                       \
    SIGNATURE "\x21\x11\0\14"                                                                      \
              "\12\1\2\3"                                                                          \
              "\12\0\0\1"                                                                          \
              "\x1f\x90\0\120"
#define SIX                                                                                        \
    SIGNATURE "\x21\x21\0\44"                                                                      \
              "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7"                                              \
              "0123456789abcdef"                                                                   \
              "\0\1\0\2"

static const struct {
    struct bytes bytes;
    enum sniff found;
    size_t size;
    int family;
    const char *ip; /* the first bytes of it */
} headers[] = {
    {BYTES("PROXY TCP4 10.1.2.3 10.0.0.1 8080 80\r\nGET /"), SNIFF_YES, 38, ADDRESS_IPV4,
        "\12\1\2\3"},
    {BYTES("PROXY TCP6 2001:db8::7 ::1 1 2\r\n"), SNIFF_YES, 32, ADDRESS_IPV6, "\x20\1\xd\xb8"},
    {BYTES("PROXY UNKNOWN\r\n"), SNIFF_YES, 15, ADDRESS_NONE, NULL},
    {BYTES("PROXY UNKNOWN ffff:f::f ffff:f::f 65535 65535\r\n"), SNIFF_YES, 47, ADDRESS_NONE, NULL},
    {BYTES("PROXY TCP4 10.1.2.3 10.0.0.1 8080 80"), SNIFF_MORE, 0, 0, NULL},
    {BYTES("PROXY TCP4 ten 10.0.0.1 8080 80\r\n"), SNIFF_NO, 0, 0, NULL},
    {BYTES("PROXY TCP4 10.1.2.3\r\n"), SNIFF_NO, 0, 0, NULL},
    {BYTES("PROXY UDP4 10.1.2.3 10.0.0.1 1 2\r\n"), SNIFF_NO, 0, 0, NULL},
    {BYTES("PROXY                                                                            "
           "                           \r\n"),
        SNIFF_NO, 0, 0, NULL},
    {BYTES("PROPFIND / HTTP/1.1\r\n"), SNIFF_NO, 0, 0, NULL},
    {BYTES("\r\n\r\nGET / HTTP/1.1\r\n"), SNIFF_NO, 0, 0, NULL},
    {BYTES(FOUR), SNIFF_YES, 28, ADDRESS_IPV4, "\12\1\2\3"},
    {BYTES(SIX), SNIFF_YES, 52, ADDRESS_IPV6, "\x20\1\xd\xb8"},
    {BYTES(SIGNATURE "\x20\0\0\0"), SNIFF_YES, 16, ADDRESS_NONE, NULL},       /* LOCAL */
    {BYTES(SIGNATURE "\x21\x31\0\4ABCD"), SNIFF_YES, 20, ADDRESS_NONE, NULL}, /* a Unix socket */
    {BYTES(SIGNATURE "\x21\x11\0\4ABCD"), SNIFF_YES, 20, ADDRESS_NONE,
        NULL},                                                /* too short for its family */
    {BYTES(SIGNATURE "\x11\x11\0\14"), SNIFF_NO, 0, 0, NULL}, /* another version */
    {BYTES(SIGNATURE "\x21\x11\xff\xff"), SNIFF_NO, 0, 0, NULL},
};

static void check_header(size_t i)
{
    struct proxy_header header;
    struct bytes all = headers[i].bytes;
    for (size_t len = 0; len <= all.len; len++) {
        struct bytes copy = watch_copy(all.data, len);
        enum sniff found = proxy_header_read(copy, &header);
        watch_copy_free(copy);
        bool whole = headers[i].found == SNIFF_YES && len >= headers[i].size;
        if (len == all.len)
            CHECK(found == headers[i].found);
        else
            CHECK(found == (whole ? SNIFF_YES : headers[i].found == SNIFF_NO ? found : SNIFF_MORE));
    }
    if (headers[i].found != SNIFF_YES)
        return;
    CHECK(header.size == headers[i].size && header.source.family == headers[i].family);
    CHECK(!headers[i].ip || memcmp(header.source.ip, headers[i].ip, 4) == 0);
}

int main(void)
{
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        check_header(i);
    return check_result();
}
