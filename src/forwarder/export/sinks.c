#include "export/sinks.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "export/output_file.h"
#include "export/lines.h"
#include "export/print.h"
#include "export/server.h"
#include "log.h"

enum { SINKS_MAX = 3 };

/* Every event goes to each of them. */
struct sinks {
    size_t count;
    struct sink items[SINKS_MAX];
};

/* One function for each kind of event: calls that member of every sink that has it. */
#define FAN_OUT(member, type)                                                                      \
    static void fan_##member(void *self, const struct type *event)                                 \
    {                                                                                              \
        const struct sinks *sinks = self;                                                          \
        for (size_t i = 0; i < sinks->count; i++)                                                  \
            if (sinks->items[i].member)                                                            \
                sinks->items[i].member(sinks->items[i].self, event);                               \
    }
FAN_OUT(transaction, transaction)
FAN_OUT(span, span)
FAN_OUT(error, error)
FAN_OUT(metricset, metricset)
#undef FAN_OUT

static void fan_tick(void *self, uint64_t now_ns)
{
    const struct sinks *sinks = self;
    for (size_t i = 0; i < sinks->count; i++)
        if (sinks->items[i].tick)
            sinks->items[i].tick(sinks->items[i].self, now_ns);
}

static void fan_flush(void *self, unsigned limit_ms)
{
    const struct sinks *sinks = self;
    for (size_t i = 0; i < sinks->count; i++)
        if (sinks->items[i].flush)
            sinks->items[i].flush(sinks->items[i].self, limit_ms);
}

static void fan_finish(void *self, unsigned limit_ms)
{
    struct sinks *sinks = self;
    for (size_t i = 0; i < sinks->count; i++)
        if (sinks->items[i].finish)
            sinks->items[i].finish(sinks->items[i].self, limit_ms);
    free(sinks);
}

/* Nothing is sent to a server by default where a person or a file is to read. */
static bool server_wanted(const struct options *options)
{
    return !options->disable_send && !options->output &&
           (!options->print || options->given[OPTION_server_url]);
}

static void add_lines(
    struct sinks *sinks, const struct metadata *metadata, const struct line_writer *writer)
{
    lines_open(metadata, writer, &sinks->items[sinks->count++]);
}

bool sinks_open(const struct options *options, const struct metadata *metadata, struct sink *sink)
{
    struct sinks *sinks = xcalloc(1, sizeof *sinks);
    struct line_writer writer;
    bool all = true;
    if (options->recording && options->output) {
        all &= output_file_open(options->output, &writer); /* else it counts what is lost */
        add_lines(sinks, metadata, &writer);
    }
    if (options->recording && options->print)
        print_open(options, metadata, &sinks->items[sinks->count++]);
    if (options->recording && server_wanted(options)) {
        bool opened = server_open(options, metadata, &writer);
        if (opened)
            add_lines(sinks, metadata, &writer);
        all &= opened;
    }
    *sink = (struct sink){fan_transaction, fan_span, fan_error, fan_metricset, fan_tick, fan_flush,
        fan_finish, sinks};
    return all;
}
