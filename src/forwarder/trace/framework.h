/* The web framework that a stack shows, and its version where the packages beside it say so. */
#ifndef APMSHIM_TRACE_FRAMEWORK_H
#define APMSHIM_TRACE_FRAMEWORK_H

#include "trace/model.h"

/* frames: of the interpreter. NULL: none is seen. Named as Elastic's agents name it. */
const char *framework_among(
    const struct frame *frames, size_t count, const struct frame **ret_frame);
/* From the files that package managers leave; the caller frees it. NULL: not known. */
char *framework_version(const struct frame *frame, const char *name);

#endif
