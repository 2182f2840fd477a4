/* Values of parameters as a label. */
#ifndef APMSHIM_TRACE_PG_PARAMETERS_H
#define APMSHIM_TRACE_PG_PARAMETERS_H

#include "trace/state.h"

struct pg_bound {
    struct bytes sql;
    bool cut;            /* the text goes on */
    struct bytes values; /* as in struct rec_pg_send; hostile */
    int encoding;
};
/* Those of columns that sanitize_field_names names are hidden; where the text names one anywhere,
 * so are those whose column it does not tell. */
void pg_label_parameters(
    struct tracer *tracer, struct live_span *span, const struct pg_bound *bound);

#endif
