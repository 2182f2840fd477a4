#include "trace/address.h"

#include <arpa/inet.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

void address_show(const struct rec_address *address, char ret[ADDRESS_TEXT_MAX])
{
    const uint8_t *ip = address->ip;
    int family = address->family == ADDRESS_IPV4   ? AF_INET
                 : address->family == ADDRESS_IPV6 ? AF_INET6
                                                   : AF_UNSPEC;
    if (family == AF_INET6 && memcmp(ip, mapped, sizeof mapped) == 0) {
        family = AF_INET;
        ip += sizeof mapped;
    }
    if (family == AF_UNSPEC || !inet_ntop(family, ip, ret, ADDRESS_TEXT_MAX))
        *ret = '\0';
}

bool address_show_text(struct bytes text, char ret[ADDRESS_TEXT_MAX])
{
    struct rec_address address = {.family = ADDRESS_IPV6};
    struct in_addr ipv4;
    *ret = '\0';
    if (!text.len || text.len >= ADDRESS_TEXT_MAX || memchr(text.data, '\0', text.len))
        return false;
    memcpy(ret, text.data, text.len);
    ret[text.len] = '\0';
    if (inet_pton(AF_INET, ret, &ipv4) == 1)
        return true;
    if (inet_pton(AF_INET6, ret, address.ip) != 1) {
        *ret = '\0';
        return false;
    }
    if (memcmp(address.ip, mapped, sizeof mapped) == 0)
        address_show(&address, ret);
    return true;
}
