/* Line tables of interpreters' code objects. */
#ifndef APMSHIM_SYMBOLIZE_CODE_LINES_H
#define APMSHIM_SYMBOLIZE_CODE_LINES_H

#include <stddef.h>
#include <stdint.h>

struct line_table {
    uint32_t language; /* enum code_language: which kind of table it is */
    uint32_t first_line;
    const uint8_t *bytes;
    size_t len;
};

/* The line of the instruction at this offset in bytes. 0: it has none, or the table does not say.
 */
int code_line(const struct line_table *table, uint32_t position);

#endif
