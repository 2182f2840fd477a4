#include "metrics/cgroup.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES_MAX = 4096 };
/* What version 1 shows where there is no limit. */
#define NO_LIMIT 0x7ffffffffffff000

static const struct version {
    const char *type, *used, *limit; /* of the file system, and its files */
} version_1 = {"cgroup", "memory.usage_in_bytes", "memory.limit_in_bytes"},
  version_2 = {"cgroup2", "memory.current", "memory.max"};

/* Whether the word is one of those that commas separate. */
static bool has_word(const char *list, size_t len, const char *word)
{
    size_t word_len = strlen(word);
    for (const char *at = list; at < list + len;) {
        size_t n = strcspn(at, ",\n");
        if (at + n > list + len)
            n = (size_t)(list + len - at);
        if (n == word_len && memcmp(at, word, n) == 0)
            return true;
        at += n + 1;
    }
    return false;
}

static FILE *open_in(const char *folder, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fopen(path, "re");
}

/* The group's path in the hierarchy that has the memory controller; NULL: in none. */
static const struct version *find_group(const char *proc, char path[LINE_BYTES_MAX])
{
    char line[LINE_BYTES_MAX];
    const struct version *found = NULL;
    FILE *file = open_in(proc, "cgroup");
    while (file && found != &version_1 && fgets(line, sizeof line, file)) {
        char *controllers = strchr(line, ':'), *end;
        if (!controllers || !(end = strchr(++controllers, ':')))
            continue;
        bool memory = has_word(controllers, (size_t)(end - controllers), "memory");
        if (!memory && (end != controllers || strncmp(line, "0:", 2) != 0))
            continue;
        found = memory ? &version_1 : &version_2;
        end[strcspn(end, "\n")] = '\0';
        memcpy(path, end + 1, strlen(end + 1) + 1);
    }
    if (file)
        fclose(file);
    return found;
}

/* The folder where the group's files are: proc(5)'s mountinfo tells what part of the hierarchy is
 * mounted, its fourth field, and where, its fifth. */
static bool find_folder(
    const char *proc, const struct version *version, const char *path, char folder[PATH_MAX])
{
    char line[LINE_BYTES_MAX], root[LINE_BYTES_MAX], at[LINE_BYTES_MAX], type[64];
    char super[LINE_BYTES_MAX];
    bool found = false;
    FILE *file = open_in(proc, "mountinfo");
    while (file && !found && fgets(line, sizeof line, file)) {
        const char *rest = strstr(line, " - ");
        if (!rest || sscanf(line, "%*s %*s %*s %4095s %4095s", root, at) != 2 ||
            sscanf(rest, " - %63s %*s %4095s", type, super) != 2 ||
            strcmp(type, version->type) != 0 ||
            (version == &version_1 && !has_word(super, strlen(super), "memory")))
            continue;
        size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);
        bool below = strncmp(path, root, len) == 0 && (path[len] == '/' || !path[len]);
        /* What is mounted here may be seen from another namespace of groups: then it is ours. */
        below = below && !strstr(path, "/..");
        int n = snprintf(folder, PATH_MAX, "%s%s", at, below ? path + len : "");
        found = n > 0 && n < PATH_MAX;
    }
    if (file)
        fclose(file);
    return found;
}

static double read_number(const char *folder, const char *name)
{
    char text[64] = "";
    FILE *file = open_in(folder, name);
    bool read = file && fgets(text, sizeof text, file) && strncmp(text, "max", 3) != 0;
    if (file)
        fclose(file);
    return read ? strtod(text, NULL) : -1;
}

struct cgroup_memory cgroup_memory_of(const char *proc)
{
    char path[LINE_BYTES_MAX], folder[PATH_MAX];
    struct cgroup_memory memory = {-1, -1};
    const struct version *version = find_group(proc, path);
    if (!version || !find_folder(proc, version, path, folder))
        return memory;
    memory.used = read_number(folder, version->used);
    memory.limit = read_number(folder, version->limit);
    if (memory.limit >= (double)NO_LIMIT)
        memory.limit = -1;
    return memory;
}
