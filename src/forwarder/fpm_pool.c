#include "fpm_pool.h"

#include <glob.h>
#include <string.h>
#include <strings.h>

#include "command/arguments.h"
#include "small_file.h"

enum { FILES_MAX = 64 };

struct pools {
    struct arena *arena;
    const char *name;
    unsigned count, files;
};

static const char *value_of(const char *argument, const char *option)
{
    size_t len = strlen(option);
    if (strncmp(argument, option, len) != 0)
        return NULL;
    return argument + len + (argument[len] == '=');
}

static const char *configuration(struct arena *arena, const char *exe, struct bytes argv)
{
    static const char *const options[] = {"--fpm-config", "-y"};
    const char *argument, *value = NULL, *version = exe ? strstr(exe, "php-fpm") : NULL;
    bool cut = false;
    while ((argument = arguments_take(arena, &argv, &cut)) && !cut)
        for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
            value = value_of(argument, options[i]);
            if (value && (*value || (value = arguments_take(arena, &argv, &cut))))
                return value;
        }
    version = version ? version + strlen("php-fpm") : "";
    return *version ? arena_printf(arena, "/etc/php/%s/fpm/php-fpm.conf", version)
                    : "/etc/php-fpm.conf";
}

static void read_file(struct pools *pools, const char *path, bool included);

static void include(struct pools *pools, struct bytes pattern)
{
    glob_t found;
    while (pattern.len && strchr(" \t\"'\r", pattern.data[pattern.len - 1]))
        pattern.len--;
    const char *text = arena_bytes(pools->arena, pattern);
    text += strspn(text, " \t\"'");
    if (*text != '/' || glob(text, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        read_file(pools, found.gl_pathv[i], true);
    globfree(&found);
}

/* "[www]" begins a pool, "[global]" none; "include=/etc/php/8.2/fpm/pool.d/(any).conf". */
static void read_line(struct pools *pools, struct bytes line, bool included)
{
    while (line.len && strchr(" \t", line.data[0]))
        line = bytes_skip(line, 1);
    const char *end = line.len && line.data[0] == '[' ? memchr(line.data, ']', line.len) : NULL;
    if (end) {
        const char *name =
            arena_bytes(pools->arena, (struct bytes){line.data + 1, (size_t)(end - line.data - 1)});
        if (strcasecmp(name, "global") != 0) {
            pools->name = name;
            pools->count++;
        }
        return;
    }
    const char *equals = line.len ? memchr(line.data, '=', line.len) : NULL;
    if (!included && equals && line.len > 7 && memcmp(line.data, "include", 7) == 0)
        include(pools, bytes_skip(line, (size_t)(equals + 1 - line.data)));
}

static void read_file(struct pools *pools, const char *path, bool included)
{
    const char *text = pools->files++ < FILES_MAX ? small_file_read(pools->arena, path) : NULL;
    while (text && *text) {
        size_t len = strcspn(text, "\n");
        read_line(pools, (struct bytes){text, len}, included);
        text += len + (text[len] == '\n');
    }
}

const char *fpm_pool(struct arena *arena, const char *exe, struct bytes argv)
{
    struct pools pools = {.arena = arena};
    const char *path = configuration(arena, exe, argv);
    if (*path == '/')
        read_file(&pools, path, false);
    return pools.count == 1 ? pools.name : NULL;
}
