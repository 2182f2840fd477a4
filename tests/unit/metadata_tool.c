/* Prints what metadata.c and container.c make of given inputs, for the Python tests.
 *
 *   metadata_tool container PROC      id and pod uid, one a line, empty where unknown
 *   metadata_tool metadata EXE [ARG]  each field as "name=value"; options come as NAME=VALUE in
 *                                     TEST_SERVICE_NAME, TEST_HOSTNAME, TEST_LABELS, TEST_PROC,
 *                                     TEST_PPID, TEST_FOLDER */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "container.h"
#include "metadata.h"

static void print_field(const char *name, const char *value)
{
    if (value)
        printf("%s=%s\n", name, value);
}

static void print_metadata(const struct metadata *m)
{
    print_field("service_name", m->service_name);
    print_field("service_version", m->service_version);
    print_field("environment", m->environment);
    print_field("agent_version", m->agent_version);
    print_field("ephemeral_id", m->ephemeral_id);
    print_field("activation_method", m->activation_method);
    print_field("language", m->language_name);
    print_field("language_version", m->language_version);
    print_field("runtime_name", m->runtime_name);
    print_field("runtime_version", m->runtime_version);
    print_field("title", m->title);
    print_field("detected_hostname", m->detected_hostname);
    print_field("configured_hostname", m->configured_hostname);
    print_field("architecture", m->architecture);
    print_field("platform", m->platform);
    print_field("container_id", m->container_id);
    print_field("namespace", m->kubernetes_namespace);
    print_field("node", m->kubernetes_node);
    print_field("pod", m->kubernetes_pod);
    print_field("pod_uid", m->kubernetes_pod_uid);
    printf("argc=%zu\n", m->argc);
    for (size_t i = 0; i < m->argc; i++)
        print_field("argv", m->argv[i]);
    for (size_t i = 0; i < m->global_labels.count; i++)
        printf("label %s=%s\n", m->global_labels.items[i].key, m->global_labels.items[i].string);
}

static int container(struct arena *arena, const char *proc)
{
    struct container found = container_of(arena, proc);
    return printf("%s\n%s\n", found.id ? found.id : "", found.pod_uid ? found.pod_uid : "") < 0;
}

static int metadata(struct arena *arena, int argc, char **argv)
{
    struct buf block = {0};
    for (int i = 3; i < argc; i++)
        buf_add(&block, argv[i], strlen(argv[i]) + 1);
    struct metadata_source source = {
        .service_name = getenv("TEST_SERVICE_NAME"),
        .hostname = getenv("TEST_HOSTNAME"),
        .global_labels = getenv("TEST_LABELS"),
        .proc = getenv("TEST_PROC"),
        .folder = getenv("TEST_FOLDER"),
        .ppid = getenv("TEST_PPID") ? atoi(getenv("TEST_PPID")) : 0,
        .pid = 7,
        .exe = argv[2],
        .argv = {block.data, block.len},
    };
    struct metadata found = metadata_of(arena, &source);
    print_metadata(&found);
    buf_free(&block);
    return 0;
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    int status = 2;
    if (argc == 3 && strcmp(argv[1], "container") == 0)
        status = container(&arena, argv[2]);
    else if (argc >= 3 && strcmp(argv[1], "metadata") == 0)
        status = metadata(&arena, argc, argv);
    arena_free(&arena);
    return status;
}
