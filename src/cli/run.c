/* Starts a command with the recorder preloaded and the forwarder's options in its environment. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own_file.h"
#include "command.h"
#include "destinations.h"
#include "examine.h"
#include "launch.h"
#include "printing.h"

enum option_key {
    KEY_SERVER = 256,
    KEY_SERVICE,
    KEY_ENVIRONMENT,
    KEY_OUTPUT,
    KEY_SQL,
    KEY_PRINT,
    KEY_PRINT_TO
};

static const struct option long_options[] = {
    {"server", required_argument, NULL, KEY_SERVER},
    {"service", required_argument, NULL, KEY_SERVICE},
    {"environment", required_argument, NULL, KEY_ENVIRONMENT},
    {"output", required_argument, NULL, KEY_OUTPUT},
    {"record", required_argument, NULL, 'r'},
    {"sql", required_argument, NULL, KEY_SQL},
    {"print", no_argument, NULL, KEY_PRINT},
    {"print-to", required_argument, NULL, KEY_PRINT_TO},
    {"env", required_argument, NULL, 'e'},
    {NULL, 0, NULL, 0},
};

struct request {
    struct arena arena;
    bool print, delivers; /* delivers: where the traces go was said */
    const char *print_to, *record;
    char **command;
};

static bool set_variable(char *assignment)
{
    char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment) {
        complain("-e wants NAME=VALUE"); /* what it got may be the value */
        return false;
    }
    *equals = '\0';
    setenv(assignment, equals + 1, 1);
    return true;
}

static bool take_option(struct request *request, int key, char *value)
{
    if (!value && key != KEY_PRINT)
        return false;
    switch (key) {
    case KEY_SERVER:
        setenv("ELASTIC_APM_SERVER_URL", value, 1);
        request->delivers = true;
        return true;
    case KEY_SERVICE:
        return setenv("ELASTIC_APM_SERVICE_NAME", value, 1) == 0;
    case KEY_ENVIRONMENT:
        return setenv("ELASTIC_APM_ENVIRONMENT", value, 1) == 0;
    case KEY_SQL:
        return setenv("APMSHIM_SQL", value, 1) == 0;
    case KEY_OUTPUT:
        launch_set_path(&request->arena, "APMSHIM_OUTPUT", value);
        request->delivers = true;
        return true;
    case 'r':
        request->record = value;
        return true;
    case KEY_PRINT_TO:
        request->print_to = value;
        request->print = request->delivers = true;
        return true;
    case KEY_PRINT:
        request->print = request->delivers = true;
        return true;
    case 'e':
        return set_variable(value);
    default:
        return false;
    }
}

/* -o is what the subcommand writes: events, or the recording. */
static bool read_request(int argc, char **argv, bool recording, struct request *ret)
{
    int key;
    optind = 0;
    while ((key = getopt_long(argc, argv, "+o:e:", long_options, NULL)) != -1) {
        if (key == 'o')
            key = recording ? 'r' : KEY_OUTPUT;
        if (!take_option(ret, key, optarg))
            return false;
    }
    ret->command = argv + optind;
    return optind < argc;
}

/* Only what stands in the way; the service is started all the same. */
static void warn_if_unseen(struct arena *arena, const char *command)
{
    const char *path = command_path(arena, command), *blocker;
    struct findings findings = {0};
    if (!path)
        return;
    examine_file(arena, path, &findings);
    if ((blocker = findings_blocker(&findings)))
        complain("warning: %s won't be seen: because %s", command, blocker);
    findings_free(&findings);
}

static int open_print_target(const char *path)
{
    if (!path)
        return STDERR_FILENO;
    int out = own_file_open(path, O_APPEND);
    if (out >= 0)
        own_file_block(out);
    else
        complain("warning: no traces can be written to %s: %s", path, own_file_why(errno));
    return out;
}

/* Whatever cannot be written, the service runs. */
static int start(struct request *request)
{
    if (request->record)
        launch_set_path(&request->arena, "APMSHIM_RECORD", request->record);
    if (!launch_preload(&request->arena))
        return EXIT_NOT_EXECUTABLE;
    warn_if_unseen(&request->arena, request->command[0]);
    destinations_try();
    int out = request->print ? open_print_target(request->print_to) : -1;
    return out < 0 ? launch_exec(request->command) : printing_run(request->command, out);
}

static int run(int argc, char **argv)
{
    struct request request = {0};
    int status = EXIT_USAGE;
    if (read_request(argc, argv, false, &request))
        status = start(&request);
    else
        fputs(run_command.help, stderr);
    arena_free(&request.arena);
    return status;
}

static int record(int argc, char **argv)
{
    struct request request = {0};
    int status = EXIT_USAGE;
    if (read_request(argc, argv, true, &request) && request.record) {
        /* A recording alone was asked for: nobody need listen on the default server. */
        if (!request.delivers && !getenv("ELASTIC_APM_SERVER_URL") && !getenv("APMSHIM_OUTPUT"))
            setenv("ELASTIC_APM_DISABLE_SEND", "true", 0);
        status = start(&request);
    } else {
        fputs(record_command.help, stderr);
    }
    arena_free(&request.arena);
    return status;
}

#define SHARED_OPTIONS                                                                             \
    "  --server URL         send to this Elastic APM Server (ELASTIC_APM_SERVER_URL)\n"            \
    "  --service NAME       the service's name (ELASTIC_APM_SERVICE_NAME)\n"                       \
    "  --output FILE        write NDJSON to a file instead (APMSHIM_OUTPUT)\n"                     \
    "  --environment NAME   such as production (ELASTIC_APM_ENVIRONMENT)\n"                        \
    "  --print              show each finished trace on standard error\n"                          \
    "  --print-to FILE      the same, appended to a file\n"                                        \
    "  --sql MODE           statements obfuscated (default), raw or off (APMSHIM_SQL)\n"           \
    "  -e, --env NAME=VALUE set any variable for the command\n"

const struct command run_command = {
    .name = "run",
    .summary = "run a command traced",
    .help = "Usage: apmshim run [OPTION]... [--] COMMAND [ARGUMENT]...\n"
            "Runs a command with libapmshim.so preloaded. The tool becomes the command; with\n"
            "--print it stays as its parent and ends as the command ends.\n\n" SHARED_OPTIONS
            "  -o FILE              the same as --output FILE\n"
            "  --record FILE        also keep what the recorder saw (APMSHIM_RECORD)\n\n"
            "Exit status: the command's; 126 it could not be started, 127 it was not found.\n",
    .run = run,
};

const struct command record_command = {
    .name = "record",
    .summary = "run a command and keep what the recorder saw",
    .help = "Usage: apmshim record -o FILE [OPTION]... [--] COMMAND [ARGUMENT]...\n"
            "Runs a command as `apmshim run` does and writes every record to a file, for\n"
            "`apmshim replay` and `apmshim dump`. A recording holds what passed through sockets\n"
            "and statements unobfuscated. Nothing is sent unless --server or --print says so.\n\n"
            "  -o, --record FILE    the recording (APMSHIM_RECORD)\n" SHARED_OPTIONS,
    .run = record,
};
