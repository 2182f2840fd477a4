/* Parameters that are part of a request's name, as front controllers need it: all of their requests
 * have the same path, and "action=view" says which page it was. */
#ifndef APMSHIM_TRACE_NAME_PARAMETERS_H
#define APMSHIM_TRACE_NAME_PARAMETERS_H

#include "base/buf.h"
#include "private/sanitize.h"
#include "protocol/protocol.h"

struct name_parameters;

/* csv: their names. secrets: those whose values are not shown, whatever csv says; lives longer. */
struct name_parameters *name_parameters_new(const char *csv, struct sanitizer *secrets);
void name_parameters_free(struct name_parameters *parameters);

/* Appends them to the template of a path, of the request's query, else of the variables that its
 * gateway told. */
void name_parameters_add(
    const struct name_parameters *parameters, const struct request_info *request, struct buf *out);
/* Appends one: "?_task=mail", or behind another "&_action=list". A value that does not look like
 * the name of something is ":id". */
void name_parameter_add(struct bytes name, struct bytes value, struct buf *out);

#endif
