#include "export/print.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "export/print_output.h"
#include "export/waterfall.h"
#include "export/whole.h"

struct print {
    struct assembler *assembler;
    struct print_output *output;
    const char *service;
    struct buf text; /* used again for each trace */
};

static void show(void *self, const struct whole_trace *trace)
{
    struct print *print = self;
    struct look look = print_output_look(print->output);
    buf_clear(&print->text);
    waterfall(&print->text, trace, print->service, &look);
    print_output_write(print->output, print->text.data, print->text.len);
}

static void add_transaction(void *self, const struct transaction *transaction)
{
    assembler_transaction(((struct print *)self)->assembler, transaction);
}

static void add_span(void *self, const struct span *span)
{
    assembler_span(((struct print *)self)->assembler, span);
}

/* One that happened in no transaction: shown by itself, at once. */
static void show_alone(struct print *print, const struct error *error)
{
    struct error copy = *error;
    struct transaction nothing = {.trace_id = error->trace_id,
        .name = error->culprit ? error->culprit : error->exception_type,
        .type = "error",
        .outcome = OUTCOME_FAILURE,
        .timestamp_us = error->timestamp_us,
        .sampled = true};
    struct whole_trace trace = {.transaction = &nothing, .errors = &copy, .error_count = 1};
    show(print, &trace);
}

static void add_error(void *self, const struct error *error)
{
    struct print *print = self;
    if (error->transaction_id)
        assembler_error(print->assembler, error);
    else
        show_alone(print, error);
}

static void tick(void *self, uint64_t now_ns)
{
    struct print *print = self;
    (void)now_ns;
    assembler_tick(print->assembler);
    print_output_drain(print->output, 0);
}

static void flush(void *self, unsigned limit_ms)
{
    struct print *print = self;
    assembler_flush(print->assembler);
    print_output_drain(print->output, limit_ms);
}

static void finish(void *self, unsigned limit_ms)
{
    struct print *print = self;
    flush(print, limit_ms);
    assembler_free(print->assembler);
    print_output_close(print->output);
    buf_free(&print->text);
    free(print);
}

void print_open(
    const struct options *options, const struct metadata *metadata, struct sink *ret_sink)
{
    struct print_output *output = print_output_open(options);
    struct print *print = xcalloc(1, sizeof *print);
    print->output = output;
    print->service = metadata->service_name;
    print->assembler = assembler_new(show, print);
    *ret_sink =
        (struct sink){add_transaction, add_span, add_error, NULL, tick, flush, finish, print};
}
