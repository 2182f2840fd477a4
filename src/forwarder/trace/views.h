/* Which of a stack's frames is the view: the function of the service's own that its web framework
 * called for the request. */
#ifndef APMSHIM_TRACE_VIEWS_H
#define APMSHIM_TRACE_VIEWS_H

#include "trace/model.h"

/* frames: of the interpreter alone, innermost first. NULL: none of them is. */
const struct frame *view_among(const struct frame *frames, size_t count);
/* "shop.views.Cart", without the functions that it was defined in; the caller frees it. view: what
 * view_among returned, among its frames. NULL: the frame is of no module. */
char *view_name(const struct frame *view);

#endif
