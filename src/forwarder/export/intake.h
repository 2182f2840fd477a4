/* Events as lines of Elastic's intake API, version 2 (JSON, one a line, one root key each). Strings
 * are bounded as the schema has it; what is absent is left out. */
#ifndef APMSHIM_EXPORT_INTAKE_H
#define APMSHIM_EXPORT_INTAKE_H

#include "base/buf.h"
#include "export/stack_cache.h"
#include "trace/model.h"

enum { INTAKE_LINE_MAX = 307200 /* the server's max_event_size */ };

void intake_encode_metadata(struct buf *b, const struct metadata *metadata);
/* Each appends one line with its '\n'. An event that would be larger than the server takes goes
 * without its headers or its stack; if that is not enough, false is returned and nothing appended.
 * cache: NULL, or stacks that were encoded before. */
bool intake_encode_transaction(struct buf *b, const struct transaction *transaction);
bool intake_encode_span(struct buf *b, const struct span *span, struct stack_cache *cache);
bool intake_encode_error(struct buf *b, const struct error *error, struct stack_cache *cache);
bool intake_encode_metricset(struct buf *b, const struct metricset *metricset);

/* "apm-agent-apmshim/1.0 (service 2.0)", safe as a header's value. Appends. */
void intake_user_agent(struct buf *b, const struct metadata *metadata);

#endif
