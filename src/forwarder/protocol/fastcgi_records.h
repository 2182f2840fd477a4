/* The records that both directions of a FastCGI connection are made of (FastCGI Specification 1.0,
 * section 3.3), as far as their bytes were kept. */
#ifndef APMSHIM_FASTCGI_RECORDS_H
#define APMSHIM_FASTCGI_RECORDS_H

#include "protocol/protocol.h"

enum fastcgi_type {
    FASTCGI_BEGIN_REQUEST = 1,
    FASTCGI_ABORT_REQUEST,
    FASTCGI_END_REQUEST,
    FASTCGI_PARAMS,
    FASTCGI_STDIN,
    FASTCGI_STDOUT,
    FASTCGI_STDERR,
    FASTCGI_DATA,
    FASTCGI_GET_VALUES,
    FASTCGI_GET_VALUES_RESULT,
    FASTCGI_UNKNOWN_TYPE,
};

enum { FASTCGI_HEADER_BYTES = 8, FASTCGI_END_BYTES = 8 };

struct fastcgi_record {
    enum fastcgi_type type;
    unsigned id; /* of the request; 0: about the connection */
    unsigned length, padding;
};

/* All-zero stands before a record. */
struct fastcgi_flow {
    bool lost; /* where the next record begins is not known */
    unsigned char header[FASTCGI_HEADER_BYTES];
    unsigned header_len;
    struct fastcgi_record record; /* once its header is complete */
    unsigned content, padding;    /* left of it */
};

/* What is told of a record, in order; false ends the reading for good. */
struct fastcgi_events {
    bool (*begin)(void *self, const struct fastcgi_record *record);
    /* Some of the content; data NULL: bytes that were not kept. */
    bool (*content)(void *self, const struct fastcgi_record *record, struct bytes piece);
    bool (*end)(void *self, const struct fastcgi_record *record);
    void *self;
};

/* False if these bytes cannot be a record's header. */
bool fastcgi_header_read(const unsigned char *bytes, struct fastcgi_record *ret_record);
/* False if an event returned false. A flow that is not understood, or has a header in a gap,
 * becomes lost, and what follows is passed over. */
bool fastcgi_flow_take(
    struct fastcgi_flow *flow, struct bytes bytes, const struct fastcgi_events *events);
bool fastcgi_flow_skip(
    struct fastcgi_flow *flow, uint64_t gap, const struct fastcgi_events *events);

#endif
