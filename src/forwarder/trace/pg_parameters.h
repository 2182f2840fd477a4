/* Values of parameters as a label. */
#ifndef APMSHIM_TRACE_PG_PARAMETERS_H
#define APMSHIM_TRACE_PG_PARAMETERS_H

#include "trace/state.h"

/* params: as in struct rec_pg_send; hostile. Those of columns that sanitize_field_names names are
 * hidden. */
void pg_label_parameters(struct tracer *tracer, struct live_span *span, struct bytes sql,
    struct bytes params, int encoding);

#endif
