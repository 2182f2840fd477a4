/* A text as the characters that it means, however often each of them was percent-encoded: "@",
 * "%40" and "%2540" are all '@', of levels 0, 1 and 2. */
#ifndef APMSHIM_PRIVATE_UNITS_H
#define APMSHIM_PRIVATE_UNITS_H

#include <stdint.h>
#include "base/bytes.h"

enum { UNITS_FEW = 256 };

struct unit {
    uint32_t begin; /* where it is in the text */
    char c;
    uint8_t level;
};

/* items[count] is there too: NUL, at the text's end. */
struct units {
    struct bytes text;
    size_t count;
    struct unit *items;
    struct unit few[UNITS_FEW];
};

/* The text has to stay; of one of more than 4 GB the rest does not count. */
void units_read(struct units *units, struct bytes text);
void units_free(struct units *units);

#endif
