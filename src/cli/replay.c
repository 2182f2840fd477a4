/* Runs the forwarder's tracer over a recording. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "command.h"
#include "export/endpoints_table.h"
#include "export/print_output.h"
#include "export/sinks.h"
#include "launch.h"
#include "metadata.h"
#include "options.h"
#include "recording.h"
#include "trace/tracer.h"

enum { FINISH_LIMIT_MS = 60000 };

#define TICK_EVERY_NS UINT64_C(100000000) /* of the recording's time: what is done is handed on */

struct replay {
    const struct options *options;
    struct metadata *metadata;
    struct endpoints *endpoints; /* NULL: events go where the options say */
    struct sink sink;
    struct tracer *tracer; /* NULL until the first record */
    uint64_t ticked;       /* time of a record */
    struct recording_header header;
    bool failed;
};

/* The first process record tells whose recording it is. */
static struct metadata *metadata_by(const struct options *options, const struct record *record)
{
    return metadata_new(options, record->type == REC_PROCESS ? (const void *)record : NULL);
}

static void replay_record(void *self, const struct writer *writer, const struct record *record)
{
    struct replay *replay = self;
    if (replay->failed)
        return;
    if (!replay->tracer) {
        replay->metadata = metadata_by(replay->options, record);
        if (replay->endpoints)
            replay->sink = endpoints_sink(replay->endpoints);
        else
            replay->failed = !sinks_open(replay->options, replay->metadata, &replay->sink);
        if (replay->failed)
            return;
        replay->tracer = tracer_new(replay->options, &replay->sink, replay->header.realtime_offset);
    }
    tracer_record(replay->tracer, writer, record);
    if (record->time >= replay->ticked + TICK_EVERY_NS) {
        replay->ticked = record->time;
        if (replay->sink.tick)
            replay->sink.tick(replay->sink.self, record->time);
    }
}

/* What a live forwarder would take from the service's environment must not write over the recording
 * or go to a server unasked. */
static void clear_destinations(void)
{
    unsetenv("APMSHIM_RECORD");
    unsetenv("APMSHIM_OUTPUT");
    unsetenv("APMSHIM_PRINT");
    unsetenv("ELASTIC_APM_SERVER_URL");
}

static bool read_options(struct arena *arena, int argc, char **argv, bool *ret_summary)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},
        {"print", no_argument, NULL, 'p'},
        {"server", required_argument, NULL, 's'},
        {"summary", no_argument, NULL, 'S'},
        {NULL, 0, NULL, 0},
    };
    int key;
    bool chosen = false;
    optind = 0;
    while ((key = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
        chosen |= key != 'S';
        if (key == 'o')
            launch_set_path(arena, "APMSHIM_OUTPUT", optarg);
        else if (key == 'p')
            setenv("APMSHIM_PRINT", "/dev/stdout", 1);
        else if (key == 's')
            setenv("ELASTIC_APM_SERVER_URL", optarg, 1);
        else if (key == 'S')
            *ret_summary = true;
        else
            return false;
    }
    if (!chosen)
        setenv("APMSHIM_PRINT", "/dev/stdout", 1);
    return optind == argc - 1 && !(chosen && *ret_summary);
}

static void print_summary(const struct replay *replay)
{
    struct buf text = {0};
    struct endpoint_list list = endpoints_list(replay->endpoints);
    struct look look = print_look(replay->options, STDOUT_FILENO);
    endpoints_table(&text, &list, replay->metadata ? replay->metadata->service_name : NULL, &look);
    fputs(text.data, stdout);
    buf_free(&text);
}

static int replay_file(FILE *file, const char *path, bool summary)
{
    struct replay replay = {.options = options_load()};
    if (summary)
        replay.endpoints = endpoints_new();
    bool whole = recording_read(file, &replay.header, replay_record, &replay);
    if (replay.tracer) {
        tracer_finish(replay.tracer);
        if (replay.sink.finish)
            replay.sink.finish(replay.sink.self, FINISH_LIMIT_MS);
    }
    if (replay.endpoints) {
        print_summary(&replay);
        endpoints_free(replay.endpoints);
    }
    metadata_free(replay.metadata);
    if (!whole)
        complain("%s: not a recording of this version, or corrupt from some point on", path);
    return !whole || replay.failed;
}

static int replay(int argc, char **argv)
{
    struct arena arena = {0};
    bool summary = false;
    clear_destinations();
    if (!read_options(&arena, argc, argv, &summary)) {
        fputs(replay_command.help, stderr);
        arena_free(&arena);
        return EXIT_USAGE;
    }
    int status = EXIT_USAGE;
    FILE *file = fopen(argv[optind], "re");
    if (file) {
        status = replay_file(file, argv[optind], summary);
        fclose(file);
    } else {
        complain("%s: %s", argv[optind], strerror(errno));
    }
    arena_free(&arena);
    return status;
}

const struct command replay_command = {
    .name = "replay",
    .summary = "make traces of a recording again",
    .help =
        "Usage: apmshim replay [OPTION]... FILE\n"
        "Runs the forwarder over a recording: the same records give the same traces, but for\n"
        "their ids. Options of the environment (ELASTIC_APM_*, APMSHIM_*) are honoured, but\n"
        "for those that say where the traces go.\n\n"
        "      --print          show them on standard output (default)\n"
        "      --summary        show the endpoints instead, the one that costs most time first,\n"
        "                       and the slowest request of the slowest one\n"
        "  -o, --output FILE    write NDJSON to a file\n"
        "      --server URL     send them to this Elastic APM Server\n\n"
        "Exit status: 0, 1 not a whole recording or not delivered, 2 wrong usage.\n",
    .run = replay,
};
