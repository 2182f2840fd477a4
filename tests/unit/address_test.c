/* Addresses as they are shown, whoever tells them. */
#include "check.h"

#include "trace/address.h"

static const struct {
    struct bytes given;
    const char *shown; /* NULL: is none */
} texts[] = {
    {BYTES("127.0.0.1"), "127.0.0.1"},
    {BYTES("::ffff:127.0.0.1"), "127.0.0.1"},
    {BYTES("::FFFF:10.0.0.7"), "10.0.0.7"},
    {BYTES("0:0:0:0:0:ffff:c000:0207"), "192.0.2.7"},
    {BYTES("::1"), "::1"},
    {BYTES("2001:DB8::7"), "2001:DB8::7"},
    {BYTES("::127.0.0.1"), "::127.0.0.1"},
    {BYTES("64:ff9b::192.0.2.7"), "64:ff9b::192.0.2.7"},
    {BYTES("db.example"), NULL},
    {BYTES("::ffff:127.0.0.1:80"), NULL},
    {BYTES("127.0.0.1\0"), NULL},
    {BYTES("1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb"), NULL},
    {BYTES(""), NULL},
};

static void check_texts(void)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char shown[ADDRESS_TEXT_MAX];
        CHECK(address_show_text(texts[i].given, shown) == (texts[i].shown != NULL));
        CHECK_STR(shown, texts[i].shown ? texts[i].shown : "");
    }
}

static void check_sockets(void)
{
    char shown[ADDRESS_TEXT_MAX];
    struct rec_address address = {.family = ADDRESS_IPV6};
    address.ip[15] = 1;
    address_show(&address, shown);
    CHECK_STR(shown, "::1");
    address.ip[10] = address.ip[11] = 0xff;
    address.ip[12] = 127;
    address_show(&address, shown);
    CHECK_STR(shown, "127.0.0.1");
    address.family = ADDRESS_IPV4;
    address_show(&address, shown);
    CHECK_STR(shown, "0.0.0.0");
    address.family = ADDRESS_UNIX;
    address_show(&address, shown);
    CHECK_STR(shown, "");
}

int main(void)
{
    check_texts();
    check_sockets();
    return check_result();
}
