/* The order in which a trace's spans are shown: by their begin, children below their parents. */
#ifndef APMSHIM_EXPORT_SPAN_TREE_H
#define APMSHIM_EXPORT_SPAN_TREE_H

#include "export/whole.h"

struct span_row {
    const struct span *span;
    int depth; /* 0: below the transaction itself */
};

/* Each span once, also if parents are missing or form a circle. The caller frees the
 * trace->span_count rows. */
struct span_row *span_tree(const struct whole_trace *trace);

#endif
