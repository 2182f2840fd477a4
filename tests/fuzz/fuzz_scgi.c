#include "fuzz_protocol.h"

FUZZ_PROTOCOL(scgi_protocol)
