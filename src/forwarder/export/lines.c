#include "export/lines.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "export/intake.h"
#include "log.h"

struct lines {
    struct line_writer writer;
    struct stack_cache *cache;
    struct buf line;       /* used again for every event */
    uint64_t too_large[4]; /* events that the server would refuse, by kind */
};

enum kind { KIND_TRANSACTION, KIND_SPAN, KIND_ERROR, KIND_METRICSET };

static void write_line(struct lines *lines, enum kind kind, bool encoded)
{
    if (encoded)
        lines->writer.write(lines->writer.self, lines->line.data, lines->line.len);
    else
        lines->too_large[kind]++;
    buf_clear(&lines->line);
}

static void add_transaction(void *self, const struct transaction *transaction)
{
    struct lines *lines = self;
    const struct line_writer *writer = &lines->writer;
    if (!transaction->sampled && writer->wants_unsampled && !writer->wants_unsampled(writer->self))
        return;
    write_line(lines, KIND_TRANSACTION, intake_encode_transaction(&lines->line, transaction));
}

static void add_span(void *self, const struct span *span)
{
    struct lines *lines = self;
    write_line(lines, KIND_SPAN, intake_encode_span(&lines->line, span, lines->cache));
}

static void add_error(void *self, const struct error *error)
{
    struct lines *lines = self;
    write_line(lines, KIND_ERROR, intake_encode_error(&lines->line, error, lines->cache));
    if (lines->writer.hurry)
        lines->writer.hurry(lines->writer.self);
}

static void add_metricset(void *self, const struct metricset *metricset)
{
    struct lines *lines = self;
    write_line(lines, KIND_METRICSET, intake_encode_metricset(&lines->line, metricset));
}

static void tick(void *self, uint64_t now_ns)
{
    const struct lines *lines = self;
    if (lines->writer.tick)
        lines->writer.tick(lines->writer.self, now_ns);
}

static void flush(void *self, unsigned limit_ms)
{
    const struct lines *lines = self;
    if (lines->writer.flush)
        lines->writer.flush(lines->writer.self, limit_ms);
}

static void finish(void *self, unsigned limit_ms)
{
    static const char *const kinds[] = {"transactions", "spans", "errors", "metricsets"};
    struct lines *lines = self;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (lines->too_large[i])
            log_warning("%llu %s lost: larger than a server takes",
                (unsigned long long)lines->too_large[i], kinds[i]);
    if (lines->writer.finish)
        lines->writer.finish(lines->writer.self, limit_ms);
    stack_cache_free(lines->cache);
    buf_free(&lines->line);
    free(lines);
}

void lines_open(
    const struct metadata *metadata, const struct line_writer *writer, struct sink *ret_sink)
{
    struct lines *lines = xcalloc(1, sizeof *lines);
    lines->writer = *writer;
    lines->cache = stack_cache_new();
    intake_encode_metadata(&lines->line, metadata);
    writer->write(writer->self, lines->line.data, lines->line.len);
    buf_clear(&lines->line);
    *ret_sink = (struct sink){
        add_transaction, add_span, add_error, add_metricset, tick, flush, finish, lines};
}
