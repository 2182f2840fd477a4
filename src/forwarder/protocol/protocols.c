#include "protocol/protocol.h"

const struct protocol *const protocols[] = {&http1_protocol, &http2_protocol, NULL};
