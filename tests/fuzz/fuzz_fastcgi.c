#include "fuzz_protocol.h"

FUZZ_PROTOCOL(fastcgi_protocol)
