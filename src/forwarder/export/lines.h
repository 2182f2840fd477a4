/* Events encoded as lines of intake v2, for whoever takes lines. */
#ifndef APMSHIM_EXPORT_LINES_H
#define APMSHIM_EXPORT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "trace/model.h"

/* Takes finished lines, each with its '\n'. Every line but the first, which is the metadata, is one
 * event. Members other than write may be NULL; see struct sink for what they do. */
struct line_writer {
    void (*write)(void *self, const char *line, size_t len);
    /* What was written last should not wait for more. */
    void (*hurry)(void *self);
    void (*tick)(void *self, uint64_t now_ns);
    void (*flush)(void *self, unsigned limit_ms);
    void (*finish)(void *self, unsigned limit_ms);
    /* Whether transactions that were not sampled are of any use. */
    bool (*wants_unsampled)(void *self);
    void *self;
};

/* Copies the writer and writes the metadata. */
void lines_open(
    const struct metadata *metadata, const struct line_writer *writer, struct sink *ret_sink);

#endif
