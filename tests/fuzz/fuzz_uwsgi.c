#include "fuzz_protocol.h"

FUZZ_PROTOCOL(uwsgi_protocol)
