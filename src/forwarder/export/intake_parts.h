/* What several kinds of events have in common. */
#ifndef APMSHIM_EXPORT_INTAKE_PARTS_H
#define APMSHIM_EXPORT_INTAKE_PARTS_H

#include "base/buf.h"
#include "trace/model.h"

void intake_keyword(struct buf *b, const char *key, const char *value); /* not if it is empty */
void intake_outcome(struct buf *b, enum outcome outcome);
void intake_labels(struct buf *b, const char *key, const struct labels *labels);
/* Names that occur again give an array. */
void intake_headers(struct buf *b, const struct headers *headers);
/* "context.request" and "context.response" of a server's exchange. */
void intake_server_http(struct buf *b, const struct http_context *http, bool with_headers);
/* "context.service", if there is one. */
void intake_framework(struct buf *b, const struct framework *framework);
/* "context.http" of a client's. */
void intake_client_http(struct buf *b, const struct http_context *http);

#endif
