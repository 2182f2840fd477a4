#include "metadata.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "application.h"
#include "container.h"
#include "hostname.h"
#include "otel.h"
#include "program.h"
#include "runtime.h"
#include "command/redact.h"

enum { KEYWORD_MAX = 1024, ARGUMENTS_MAX = 64, LABELS_MAX = 64 };

static const char *variable(struct arena *arena, const char *name)
{
    const char *value = getenv(name);
    return value && *value ? arena_string(arena, value) : NULL;
}

/* At most so many bytes, never half a character. */
static const char *bounded(struct arena *arena, const char *s, size_t max)
{
    if (!s || !*s)
        return NULL;
    size_t len = strnlen(s, max + 1);
    if (len > max)
        for (len = max; len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80;)
            len--;
    return arena_bytes(arena, (struct bytes){s, len});
}

const char *metadata_service_name(struct arena *arena, const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-";
    size_t len = name ? strnlen(name, KEYWORD_MAX) : 0;
    if (len == 0)
        return "unknown-apmshim-service";
    char *clean = arena_bytes(arena, (struct bytes){name, len});
    for (char *c = clean; *c; c++)
        if (!strchr(allowed, *c))
            *c = '_';
    return clean;
}

/* The first that says something. */
static const char *first(const char *a, const char *b)
{
    return a && *a ? a : b;
}

/* Exact where the process' files tell it. */
static void add_runtime(
    struct arena *arena, const struct metadata_source *source, struct metadata *metadata)
{
    struct runtime runtime = runtime_of(arena, source->proc, source->exe);
    if (!runtime.version)
        return;
    metadata->runtime_name = runtime.name;
    metadata->runtime_version = runtime.version;
    metadata->language_version = runtime.of_language ? runtime.version : NULL;
}

static void add_service(
    struct arena *arena, const struct metadata_source *source, struct metadata *metadata)
{
    struct program program = program_of(arena, source->exe, source->argv);
    const char *attributes = getenv("OTEL_RESOURCE_ATTRIBUTES");
    const char *name = first(source->service_name, variable(arena, "OTEL_SERVICE_NAME"));
    name = first(name, otel_attribute(arena, attributes, BYTES("service.name")));
    const char *environment = first(source->environment,
        otel_attribute(arena, attributes, BYTES("deployment.environment.name")));
    environment =
        first(environment, otel_attribute(arena, attributes, BYTES("deployment.environment")));
    metadata->service_name =
        metadata_service_name(arena, name ? name : application_name(arena, source, &program));
    metadata->service_version = bounded(arena,
        first(source->service_version, otel_attribute(arena, attributes, BYTES("service.version"))),
        KEYWORD_MAX);
    metadata->environment = bounded(arena, environment, KEYWORD_MAX);
    metadata->service_node_name = bounded(arena, source->service_node_name, KEYWORD_MAX);
    metadata->language_name = program.language;
    metadata->runtime_name = program.runtime_name;
    metadata->runtime_version = arena_string(arena, program.runtime_version);
    add_runtime(arena, source, metadata);
}

/* What brought the agent here. Elastic's own ways of attaching say so in the environment; otherwise
 * it was LD_PRELOAD, one variable. */
static const char *activation_method(void)
{
    static const char *const known[][2] = {{"K8S_ATTACH", "k8s-attach"}, {"K8S", "k8s-attach"},
        {"AWS_LAMBDA_LAYER", "aws-lambda-layer"}};
    const char *told = getenv("ELASTIC_APM_ACTIVATION_METHOD");
    for (size_t i = 0; told && i < sizeof known / sizeof *known; i++)
        if (strcmp(told, known[i][0]) == 0)
            return known[i][1];
    return "env-attach";
}

static const char *new_ephemeral_id(struct arena *arena)
{
    uint64_t random[2];
    if (getrandom(random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        random[0] = (uint64_t)now.tv_sec << 32 ^ (uint64_t)now.tv_nsec;
        random[1] = (uint64_t)getpid();
    }
    return arena_printf(arena, "%016" PRIx64 "%016" PRIx64, random[0], random[1]);
}

static void add_agent(struct arena *arena, struct metadata *metadata)
{
    metadata->agent_version = APMSHIM_VERSION;
    metadata->ephemeral_id = new_ephemeral_id(arena);
    metadata->activation_method = activation_method();
}

static void add_process(
    struct arena *arena, const struct metadata_source *source, struct metadata *metadata)
{
    metadata->pid = source->pid;
    metadata->ppid = source->ppid;
    if (source->no_arguments) {
        metadata->title =
            bounded(arena, program_executable(arena, source->exe ? source->exe : ""), KEYWORD_MAX);
        return;
    }
    const char **argv = arena_alloc(arena, ARGUMENTS_MAX * sizeof *argv);
    metadata->argc = redact_arguments(arena, source->exe, source->argv, argv, ARGUMENTS_MAX);
    for (size_t i = 0; i < metadata->argc; i++) {
        const char *shown = bounded(arena, argv[i], KEYWORD_MAX);
        argv[i] = shown ? shown : "";
    }
    metadata->argv = argv;
    metadata->title = bounded(arena, metadata->argc ? argv[0] : source->exe, KEYWORD_MAX);
}

static void add_system(
    struct arena *arena, const struct metadata_source *source, struct metadata *metadata)
{
    struct utsname machine;
    struct container container = container_of(arena, source->proc ? source->proc : "/proc/self");
    metadata->detected_hostname = bounded(arena, hostname_detect(arena), KEYWORD_MAX);
    metadata->configured_hostname = bounded(arena, source->hostname, KEYWORD_MAX);
    if (uname(&machine) == 0)
        metadata->architecture = arena_string(arena, machine.machine);
    metadata->platform = "linux";
    metadata->container_id = container.id;
    metadata->kubernetes_namespace = variable(arena, "KUBERNETES_NAMESPACE");
    metadata->kubernetes_node = variable(arena, "KUBERNETES_NODE_NAME");
    metadata->kubernetes_pod = variable(arena, "KUBERNETES_POD_NAME");
    metadata->kubernetes_pod_uid = variable(arena, "KUBERNETES_POD_UID");
    if (!metadata->kubernetes_pod_uid)
        metadata->kubernetes_pod_uid = container.pod_uid;
    /* A pod's host is named after the pod. */
    if (!metadata->kubernetes_pod && container.pod_uid && uname(&machine) == 0)
        metadata->kubernetes_pod = arena_string(arena, machine.nodename);
}

static bool read_label(struct arena *arena, struct bytes pair, struct label *ret)
{
    const char *equals = memchr(pair.data, '=', pair.len);
    if (!equals)
        return false;
    struct bytes name = bytes_trim((struct bytes){pair.data, (size_t)(equals - pair.data)});
    struct bytes value = bytes_trim(bytes_skip(pair, (size_t)(equals - pair.data) + 1));
    if (name.len == 0)
        return false;
    char *key = arena_bytes(arena, name);
    for (char *c = key; *c; c++)
        if (strchr(".*\"", *c))
            *c = '_';
    const char *string = bounded(arena, arena_bytes(arena, value), KEYWORD_MAX);
    *ret = (struct label){.key = key, .kind = LABEL_STRING, .string = string ? string : ""};
    return true;
}

static struct labels read_labels(struct arena *arena, const char *text)
{
    struct label *items = arena_alloc(arena, LABELS_MAX * sizeof *items);
    struct labels labels = {.items = items};
    while (text && *text && labels.count < LABELS_MAX) {
        size_t len = strcspn(text, ",");
        labels.count += read_label(arena, (struct bytes){text, len}, &items[labels.count]);
        text += len + (text[len] == ',');
    }
    return labels;
}

struct metadata metadata_of(struct arena *arena, const struct metadata_source *source)
{
    struct metadata metadata = {0};
    add_service(arena, source, &metadata);
    add_agent(arena, &metadata);
    add_process(arena, source, &metadata);
    add_system(arena, source, &metadata);
    metadata.global_labels = read_labels(arena, source->global_labels);
    return metadata;
}
