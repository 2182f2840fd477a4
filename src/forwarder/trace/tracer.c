/* Hands each record to whom it concerns. */
#include "trace/tracer.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "symbolize/debugfile.h"
#include "trace/maps.h"
#include "trace/name_parameters.h"
#include "trace/route_views.h"
#include "trace/routes.h"
#include "trace/statement_texts.h"
#include "trace/state.h"

/* A statement right after the response (a log row, a session update) still belongs to the request.
 */
#define LINGER_NS UINT64_C(100000000)
#define TICK_NS UINT64_C(50000000)
/* A response whose end cannot be read has ended when nothing was sent for so long. */
#define SILENCE_NS UINT64_C(4000000000)
/* A connection that nobody has used this long after it was closed was a mere knock. */
#define UNUSED_NS UINT64_C(30000000000)
/* A call that has gone on for longer may have begun with a module map that nobody has any more. */
#define MAP_KEPT_NS UINT64_C(600000000000)

struct tracer *tracer_new(
    const struct options *options, const struct sink *sink, uint64_t realtime_offset)
{
    struct tracer *tracer = xcalloc(1, sizeof *tracer);
    tracer->options = options;
    tracer->sink = sink;
    tracer->realtime_offset = realtime_offset;
    debugfile_ask_servers(options->debuginfod);
    tracer->symbolizer = symbolizer_new();
    tracer->code = code_table_new();
    tracer->sources = source_cache_new();
    tracer->names = name_pool_new(0);
    tracer->texts = statement_texts_new(options);
    tracer->ignore_urls = wildcard_list_parse(options->transaction_ignore_urls);
    tracer->name_groups = wildcard_list_parse(options->transaction_name_groups);
    tracer->path_templates = wildcard_list_parse(options->path_templates);
    tracer->routes = routes_new();
    tracer->route_views = route_views_new();
    tracer->parameter_studies = parameter_studies_new();
    tracer->app_modules = wildcard_list_parse(options->app_modules);
    privacy_init(&tracer->privacy, options);
    tracer->name_parameters =
        name_parameters_new(options->name_parameters, tracer->privacy.text.names);
    return tracer;
}

void tracer_set_realtime_offset(struct tracer *tracer, uint64_t realtime_offset)
{
    tracer->realtime_offset = realtime_offset;
}

static uint64_t task_of(const struct record *record)
{
    const void *r = record;
    switch (record->type) {
    case REC_RECV:
    case REC_SEND:
        return ((const struct rec_run *)r)->task;
    case REC_PG_SEND:
        return ((const struct rec_pg_send *)r)->task;
    case REC_PG_CONNECT:
        return ((const struct rec_pg_connect *)r)->task;
    case REC_PG_RESULT:
    case REC_PG_DONE:
        return ((const struct rec_pg_result *)r)->task;
    case REC_API:
        return ((const struct rec_api *)r)->task;
    default:
        return 0;
    }
}

static bool gets_request(const struct tracer *tracer, const struct record *record)
{
    const void *r = record;
    return record->type == REC_RECV &&
           !pg_socket_known(tracer, ((const struct rec_run *)r)->cookie);
}

static void hand_on(struct tracer *tracer, const struct writer *writer, const struct record *record)
{
    const void *r = record;
    switch ((enum record_type)record->type) {
    case REC_PROCESS:
        process_record(tracer, r);
        break;
    case REC_EXIT:
        process_exit(tracer, writer->pid, r);
        break;
    case REC_MODULES:
        modules_record(tracer, writer->pid, r);
        break;
    case REC_STACK:
        stack_record(tracer, writer->pid, r);
        break;
    case REC_CODE:
        code_table_add(tracer->code, r);
        break;
    case REC_LISTEN:
        process_serves(tracer, writer->pid, false, record->time);
        listener_record(tracer, r);
        break;
    case REC_ACCEPT:
        conversation_accepted(tracer, writer, r);
        break;
    case REC_CLOSE:
        pg_socket_closed(tracer, ((const struct rec_close *)r)->cookie, record->time);
        conversation_closed(
            tracer, writer->pid, ((const struct rec_close *)r)->cookie, record->time);
        break;
    case REC_RECV:
    case REC_SEND:
        if (!pg_socket_run(tracer, writer, r))
            conversation_run(tracer, writer, r);
        break;
    case REC_PG_CONNECT:
    case REC_PG_SEND:
    case REC_PG_RESULT:
    case REC_PG_DONE:
    case REC_PG_FINISH:
        pg_record(tracer, writer, record);
        break;
    case REC_API:
        api_record(tracer, writer, r);
        break;
    case REC_CONNECT:
        pg_socket_connected(tracer, writer, r);
        break;
    case REC_ORIGIN:
        pg_socket_origin(tracer, r);
        break;
    case REC_PAD:
    case REC_TYPES:
        break;
    }
}

void tracer_record(struct tracer *tracer, const struct writer *thread, const struct record *record)
{
    uint64_t task = task_of(record);
    if (record->time > tracer->now)
        tracer->now = record->time;
    if (tracer->now > tracer->ticked + TICK_NS) /* many may come at once */
        tracer_tick(tracer, tracer->now);
    const struct writer writer =
        writer_in_task(tracer, thread, task, task && gets_request(tracer, record));
    hand_on(tracer, &writer, record);
}

void tracer_tick(struct tracer *tracer, uint64_t time)
{
    if (time > tracer->now)
        tracer->now = time;
    tracer->ticked = tracer->now;
    work_tick(tracer, tracer->now);
    processes_tick(tracer, tracer->now);
    if (tracer->now > LINGER_NS)
        pg_sockets_end_silent(tracer, tracer->now - LINGER_NS);
    if (tracer->now > LINGER_NS)
        transactions_send_ended(tracer, tracer->now - LINGER_NS);
    if (tracer->now > tracer->silence_swept + SILENCE_NS / 4) {
        conversations_end_silent(tracer, tracer->now - SILENCE_NS);
        tracer->silence_swept = tracer->now;
    }
    if (tracer->now > tracer->swept + UNUSED_NS) {
        conversations_forget_unused(tracer, tracer->now - UNUSED_NS);
        tasks_forget_unused(tracer, tracer->now - UNUSED_NS);
        if (tracer->now > MAP_KEPT_NS)
            maps_forget_unused(tracer, tracer->now - MAP_KEPT_NS);
        tracer->swept = tracer->now;
    }
}

void tracer_send_metrics(struct tracer *tracer)
{
    breakdown_send(tracer);
    unread_send(tracer);
}

void tracer_finish(struct tracer *tracer)
{
    struct thread_state *thread, *next;
    conversations_end_all(tracer, tracer->now);
    pg_sockets_end_all(tracer, tracer->now);
    process_free_all(tracer);
    HASH_ITER(hh, tracer->threads, thread, next)
    {
        thread_free(tracer, thread, tracer->now);
    }
    channels_free(tracer);
    work_settle_all(tracer, 0);
    transactions_send_ended(tracer, UINT64_MAX);
    breakdown_send(tracer);
    unread_send(tracer);
    unread_log(tracer);
    listeners_free(tracer);
    stacks_free(tracer);
    maps_free(tracer);
    symbolizer_free(tracer->symbolizer);
    code_table_free(tracer->code);
    source_cache_free(tracer->sources);
    name_pool_free(tracer->names);
    statement_texts_free(tracer->texts);
    wildcard_list_free(tracer->ignore_urls);
    wildcard_list_free(tracer->name_groups);
    wildcard_list_free(tracer->path_templates);
    name_parameters_free(tracer->name_parameters);
    parameter_studies_free(tracer->parameter_studies);
    routes_free(tracer->routes);
    route_views_free(tracer->route_views);
    wildcard_list_free(tracer->app_modules);
    privacy_free(&tracer->privacy);
    free(tracer);
}
