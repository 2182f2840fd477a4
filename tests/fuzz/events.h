/* Events of any content: each becomes one line of valid JSON, with UTF-8 throughout, within the
 * server's bounds. libjansson is the judge. */
#ifndef APMSHIM_TESTS_FUZZ_EVENTS_H
#define APMSHIM_TESTS_FUZZ_EVENTS_H

#include <jansson.h>

#include "export/intake.h"
#include "require.h"

/* Judges one line and empties the buffer. flags: libjansson's. */
static inline void require_line(struct buf *b, size_t flags)
{
    json_error_t error;
    require(b->len > 0 && b->len <= INTAKE_LINE_MAX && b->data[b->len - 1] == '\n');
    require(!memchr(b->data, '\n', b->len - 1));
    json_t *line = json_loadb(b->data, b->len, flags, &error);
    if (!line)
        fprintf(stderr, "%s at %d of %s\n", error.text, error.position, b->data);
    require(line && json_object_size(line) == 1);
    json_decref(line);
    buf_clear(b);
}

#endif
