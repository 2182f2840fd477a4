/* What of requests and responses may be shown: the options and our own lists of names at work. */
#ifndef APMSHIM_TRACE_PRIVACY_H
#define APMSHIM_TRACE_PRIVACY_H

#include "options.h"
#include "private/text.h"

struct privacy {
    struct sanitizer *headers;            /* whose values are hidden */
    struct sanitizer *urls, *authorities; /* headers that hold nothing else */
    struct text_rules text;
    struct plain_header *plain; /* that were judged lately */
};

void privacy_init(struct privacy *ret, const struct options *options);
void privacy_free(struct privacy *privacy);

/* Appends what is left of a header's value. */
void privacy_header(
    const struct privacy *privacy, struct bytes name, struct bytes value, struct buf *out);

#endif
