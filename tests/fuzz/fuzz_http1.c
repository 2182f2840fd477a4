#include "fuzz_protocol.h"

FUZZ_PROTOCOL(http1_protocol)
