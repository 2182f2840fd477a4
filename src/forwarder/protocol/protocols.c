#include "protocol/protocol.h"

/* Those that are recognised for sure come first. */
const struct protocol *const protocols[] = {
    &http1_protocol,
    &http2_protocol,
    &fastcgi_protocol,
    &scgi_protocol,
    &uwsgi_protocol,
    NULL,
};
