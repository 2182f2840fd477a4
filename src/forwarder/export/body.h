/* The body of one request to the intake: lines, compressed as they come. */
#ifndef APMSHIM_EXPORT_BODY_H
#define APMSHIM_EXPORT_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"

/* Finished, and no longer changed. */
struct body {
    struct buf bytes;
    uint64_t events;
    bool compressed;
    struct body *next;
};

struct body_writer;

/* compress: gzip at its fastest (transport specification), else as it is. */
struct body_writer *body_writer_new(bool compress);
void body_add(struct body_writer *writer, const char *bytes, size_t len);
/* Bytes so far, as they would be sent; the last few KB may not be counted yet. */
size_t body_size(const struct body_writer *writer);
/* Gives the body to the caller and begins the next one. */
struct body *body_finish(struct body_writer *writer);
void body_writer_free(struct body_writer *writer);
void body_free(struct body *body);

#endif
