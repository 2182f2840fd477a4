/* A service's metadata as the forwarder owns it. */
#include "metadata.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "options.h"

enum { CMDLINE_MAX = 4096 };

/* First member: what the caller holds. */
struct owned {
    struct metadata metadata;
    struct arena arena;
};

static const char *link_target(struct arena *arena, const char *link)
{
    char target[PATH_MAX];
    ssize_t n = readlink(link, target, sizeof target);
    return n > 0 ? arena_bytes(arena, (struct bytes){target, (size_t)n}) : NULL;
}

/* Its folder under /proc, if what runs there still is this program: in a replay the number may be
 * anyone's. */
static const char *proc_folder(struct arena *arena, int pid, const char *exe)
{
    const char *folder = arena_printf(arena, "/proc/%d", pid);
    const char *runs = link_target(arena, arena_printf(arena, "%s/exe", folder));
    return runs && exe && strcmp(runs, exe) == 0 ? folder : NULL;
}

static struct bytes read_arguments(struct arena *arena, const char *folder)
{
    char *argv = arena_alloc(arena, CMDLINE_MAX);
    int fd = open(arena_printf(arena, "%s/cmdline", folder), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, argv, CMDLINE_MAX);
    if (fd >= 0)
        close(fd);
    return (struct bytes){argv, n > 0 ? (size_t)n : 0};
}

static struct metadata *make(const struct options *options, struct metadata_source source)
{
    struct owned *owned = xcalloc(1, sizeof *owned);
    struct arena scratch = {0};
    source.service_name = options->service_name;
    source.service_version = options->service_version;
    source.environment = options->environment;
    source.service_node_name = options->service_node_name;
    source.hostname = options->hostname;
    source.global_labels = options->global_labels;
    source.no_arguments = !options->arguments;
    source.proc = proc_folder(&scratch, source.pid, source.exe);
    if (source.no_arguments && !source.argv.len && source.proc)
        source.argv = read_arguments(&scratch, source.proc);
    owned->metadata = metadata_of(&owned->arena, &source);
    arena_free(&scratch);
    return &owned->metadata;
}

struct metadata *metadata_new(const struct options *options, const struct rec_process *told)
{
    struct arena scratch = {0};
    struct metadata_source source = {.pid = 0};
    if (told) {
        const char *exe = (const char *)(told + 1), *argv = exe + told->exe_len;
        source.pid = (int)told->pid;
        source.ppid = (int)told->ppid;
        source.exe = arena_bytes(&scratch, (struct bytes){exe, told->exe_len});
        source.argv = (struct bytes){argv, told->argv_len};
        if (told->folder_len)
            source.folder =
                arena_bytes(&scratch, (struct bytes){argv + told->argv_len, told->folder_len});
    }
    struct metadata *metadata = make(options, source);
    arena_free(&scratch);
    return metadata;
}

/* "pid (name) state ppid ...": the name may hold anything, so from its last parenthesis on. */
static int parent_of(struct arena *arena, uint32_t pid)
{
    char text[512] = "";
    int ppid = 0;
    FILE *file = fopen(arena_printf(arena, "/proc/%u/stat", pid), "re");
    if (!file)
        return 0;
    if (fgets(text, sizeof text, file)) {
        const char *after = strrchr(text, ')');
        if (!after || sscanf(after, ") %*c %d", &ppid) != 1)
            ppid = 0;
    }
    fclose(file);
    return ppid;
}

struct metadata *metadata_of_process(const struct options *options, uint32_t pid)
{
    struct arena scratch = {0};
    const char *folder = arena_printf(&scratch, "/proc/%u", pid);
    const struct metadata_source source = {
        .pid = (int)pid,
        .ppid = parent_of(&scratch, pid),
        .exe = link_target(&scratch, arena_joined(&scratch, folder, "/exe")),
        .argv = read_arguments(&scratch, folder),
        .folder = link_target(&scratch, arena_joined(&scratch, folder, "/cwd")),
    };
    struct metadata *metadata = make(options, source);
    arena_free(&scratch);
    return metadata;
}

void metadata_free(struct metadata *metadata)
{
    if (!metadata)
        return;
    struct owned *owned = (struct owned *)((char *)metadata - offsetof(struct owned, metadata));
    arena_free(&owned->arena);
    free(owned);
}
