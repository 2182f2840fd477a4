/* Any first bytes: a header lies within them, and what it says is an address or none. */
#include "../unit/protocol_watch.h"

#include "protocol/proxy_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proxy_header header;
    if (proxy_header_read((struct bytes){(const char *)data, size}, &header) != SNIFF_YES)
        return 0;
    watch_require(header.size > 0 && header.size <= size, "a header longer than what there is");
    watch_require(header.source.family <= ADDRESS_IPV6, "an address of no family");
    return 0;
}
