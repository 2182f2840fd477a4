/* A trace as text for a terminal: what was asked, the spans as bars on the transaction's time, with
 * their statements and stacks, and what failed. */
#ifndef APMSHIM_EXPORT_WATERFALL_H
#define APMSHIM_EXPORT_WATERFALL_H

#include "export/canvas.h"
#include "export/whole.h"

enum { WATERFALL_LEAST_WIDTH = 80, WATERFALL_MOST_WIDTH = 120, WATERFALL_USUAL_WIDTH = 100 };

struct look {
    int width; /* columns; brought within the limits above */
    bool color;
};

/* The width that a look comes to. */
int look_width(const struct look *look);
/* Appends the trace, whose times may be anything, and an empty line. service: may be NULL. */
void waterfall(
    struct buf *b, const struct whole_trace *trace, const char *service, const struct look *look);

#endif
