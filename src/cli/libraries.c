#include "libraries.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDERS_MAX = 128, INCLUDE_DEPTH_MAX = 4 };

struct search {
    struct arena *arena;
    const struct elf_facts *program;
    size_t count;
    const char *folders[FOLDERS_MAX];
    struct libraries *found;
};

static const char *const usual_folders[] = {"/lib64", "/usr/lib64", "/lib", "/usr/lib",
    "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu"};

static void add_folder(struct search *search, const char *folder)
{
    if (search->count < FOLDERS_MAX)
        search->folders[search->count++] = folder;
}

static void read_conf(struct search *search, const char *path, int depth);

static void read_included(struct search *search, const char *pattern, int depth)
{
    glob_t matches;
    if (depth >= INCLUDE_DEPTH_MAX || glob(pattern, 0, NULL, &matches) != 0)
        return;
    for (size_t i = 0; i < matches.gl_pathc; i++)
        read_conf(search, matches.gl_pathv[i], depth + 1);
    globfree(&matches);
}

/* ld.so.conf(5): a folder a line, or "include PATTERN". */
static void read_conf(struct search *search, const char *path, int depth)
{
    char line[1024];
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "#\n")] = '\0';
        char *start = line + strspn(line, " \t");
        size_t len = strlen(start);
        while (len && isspace((unsigned char)start[len - 1]))
            start[--len] = '\0';
        if (strncmp(start, "include", 7) == 0 && isspace((unsigned char)start[7]))
            read_included(search, start + 8 + strspn(start + 8, " \t"), depth);
        else if (*start == '/')
            add_folder(search, arena_string(search->arena, start));
    }
    if (file)
        fclose(file);
}

static bool fits(struct search *search, const char *path)
{
    struct elf_facts facts;
    return access(path, R_OK) == 0 && elf_facts_read(search->arena, path, &facts) &&
           facts.class == search->program->class && facts.machine == search->program->machine;
}

/* $ORIGIN is the folder of the object that has the run path. */
static const char *expand(struct arena *arena, struct bytes folder, const char *object)
{
    static const char *const origins[] = {"${ORIGIN}", "$ORIGIN"};
    const char *slash = strrchr(object, '/'), *plain = arena_bytes(arena, folder);
    int length = slash ? (int)(slash - object) : 1;
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        const char *at = strstr(plain, origins[i]);
        if (at)
            return arena_printf(arena, "%.*s%.*s%s", (int)(at - plain), plain, length,
                slash ? object : ".", at + strlen(origins[i]));
    }
    return plain;
}

static const char *in_list(
    struct search *search, const char *list, const char *object, const char *name)
{
    while (list && *list) {
        size_t len = strcspn(list, ":;");
        const char *folder = expand(search->arena, (struct bytes){list, len}, object);
        const char *path = arena_printf(search->arena, "%s/%s", *folder ? folder : ".", name);
        if (fits(search, path))
            return path;
        list += len + (list[len] != '\0');
    }
    return NULL;
}

static const char *locate(
    struct search *search, const struct elf_facts *facts, const char *object, const char *name)
{
    if (strchr(name, '/'))
        return fits(search, name) ? name : NULL;
    const char *path = facts->runpath ? NULL : in_list(search, facts->rpath, object, name);
    if (!path)
        path = in_list(search, getenv("LD_LIBRARY_PATH"), object, name);
    if (!path)
        path = in_list(search, facts->runpath, object, name);
    for (size_t i = 0; !path && i < search->count; i++) {
        const char *candidate = arena_printf(search->arena, "%s/%s", search->folders[i], name);
        if (fits(search, candidate))
            path = candidate;
    }
    return path;
}

static bool known_already(const struct libraries *found, const char *name)
{
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->items[i].name, name) == 0)
            return true;
    return false;
}

static void add_needed(struct search *search, const struct elf_facts *facts, const char *object)
{
    struct libraries *found = search->found;
    for (size_t i = 0; i < facts->needed_count; i++) {
        const char *name = facts->needed[i];
        if (known_already(found, name) || found->count == LIBRARIES_MAX)
            continue;
        found->items[found->count].name = name;
        found->items[found->count++].path = locate(search, facts, object, name);
    }
}

void libraries_find(
    struct arena *arena, const char *program, const struct elf_facts *facts, struct libraries *ret)
{
    struct search search = {.arena = arena, .program = facts, .found = ret};
    *ret = (struct libraries){.imports = facts->imports};
    read_conf(&search, "/etc/ld.so.conf", 0);
    for (size_t i = 0; i < sizeof usual_folders / sizeof *usual_folders; i++)
        add_folder(&search, usual_folders[i]);
    add_needed(&search, facts, program);
    for (size_t i = 0; i < ret->count; i++) {
        struct elf_facts library;
        const char *path = ret->items[i].path;
        if (!path || !elf_facts_read(arena, path, &library))
            continue;
        if (strncmp(ret->items[i].name, "libc.so", 7) != 0)
            ret->imports |= library.imports;
        add_needed(&search, &library, path);
    }
}

const char *libraries_named(const struct libraries *libraries, const char *beginning)
{
    size_t len = strlen(beginning);
    for (size_t i = 0; i < libraries->count; i++)
        if (strncmp(libraries->items[i].name, beginning, len) == 0)
            return libraries->items[i].path ? libraries->items[i].path : libraries->items[i].name;
    return NULL;
}
