/* The rules are those of the Elastic agents' shared specification: cgroup v1 names the container in
 * the path of some line; under cgroup v2 with a private namespace only the mounts still tell. */
#include "container.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES_MAX = 64 * 1024 };

static const char pod_by_cgroupfs[] = "^/kubepods[^[:space:]]*/pod([^/]+)$";
static const char pod_by_systemd[] = "kubepods[^/]*-pod([^/]+)\\.slice";
static const char container_id[] = "^[[:xdigit:]]{64}$|"
                                   "^[[:xdigit:]]{8}(-[[:xdigit:]]{4}){3}-[[:xdigit:]]{4,}$|"
                                   "^[[:xdigit:]]{32}-[[:digit:]]{1,10}$";
static const char id_in_mount[] = "/([[:xdigit:]]{64})/";

/* The group of the match (0: all of it), copied; NULL: no match. */
static char *match(struct arena *arena, const char *pattern, const char *subject, size_t group)
{
    regex_t regex;
    regmatch_t found[2];
    char *copy = NULL;
    if (regcomp(&regex, pattern, REG_EXTENDED) != 0)
        return NULL;
    if (regexec(&regex, subject, 2, found, 0) == 0 && found[group].rm_so >= 0) {
        size_t len = (size_t)(found[group].rm_eo - found[group].rm_so);
        copy = arena_bytes(arena, (struct bytes){subject + found[group].rm_so, len});
    }
    regfree(&regex);
    return copy;
}

static char *pod_uid_of(struct arena *arena, const char *folder)
{
    char *uid = match(arena, pod_by_cgroupfs, folder, 1);
    if (uid)
        return uid;
    uid = match(arena, pod_by_systemd, folder, 1);
    for (char *c = uid; c && *c; c++)
        if (*c == '_')
            *c = '-';
    return uid;
}

/* "docker-ID.scope", "cri-containerd-ID.scope": the runtime's name goes. */
static char *without_scope(char *base)
{
    size_t len = strlen(base), suffix = strlen(".scope");
    if (len < suffix || strcmp(base + len - suffix, ".scope") != 0)
        return base;
    base[len - suffix] = '\0';
    char *dash = strrchr(base, '-');
    return dash ? dash + 1 : base;
}

/* One line of cgroup: "hierarchy:controllers:path". */
static bool look_at_cgroup(struct arena *arena, char *line, struct container *ret)
{
    char *path = strchr(line, ':');
    path = path ? strchr(path + 1, ':') : NULL;
    if (!path)
        return false;
    path++;
    char *split = strrchr(path, ':');
    if (!split)
        split = strrchr(path, '/');
    if (!split)
        return false;
    *split = '\0';
    const char *base = without_scope(split + 1);
    const char *uid = pod_uid_of(arena, path);
    if (!*base || (!uid && !match(arena, container_id, base, 0)))
        return false;
    *ret = (struct container){.id = arena_string(arena, base), .pod_uid = uid};
    return true;
}

/* The container's own hostname file is mounted from a folder named after the container. */
static bool look_at_mount(struct arena *arena, char *line, struct container *ret)
{
    if (!strstr(line, "/etc/hostname"))
        return false;
    ret->id = match(arena, id_in_mount, line, 1);
    return ret->id != NULL;
}

static bool look_through(struct arena *arena, const char *path, struct container *ret,
    bool (*look)(struct arena *, char *, struct container *))
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    char *line = malloc(LINE_BYTES_MAX);
    bool found = false;
    while (line && !found && fgets(line, LINE_BYTES_MAX, file)) {
        line[strcspn(line, "\n")] = '\0';
        found = look(arena, line, ret);
    }
    free(line);
    fclose(file);
    return found;
}

struct container container_of(struct arena *arena, const char *proc)
{
    struct container found = {0};
    if (!look_through(arena, arena_printf(arena, "%s/cgroup", proc), &found, look_at_cgroup))
        look_through(arena, arena_printf(arena, "%s/mountinfo", proc), &found, look_at_mount);
    return found;
}
