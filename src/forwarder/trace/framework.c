#include "trace/framework.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { ENTRIES_MAX = 8192, VERSION_MAX = 64 };

/* Files whose functions every request goes through. */
static const char *const files[][2] = {
    {"django/core/handlers/base.py", "django"},
    {"flask/app.py", "flask"},
    {"fastapi/applications.py", "fastapi"},
    {"starlette/applications.py", "starlette"},
    {"aiohttp/web_protocol.py", "aiohttp"},
    {"tornado/web.py", "tornado"},
    {"sanic/app.py", "sanic"},
    {"pyramid/router.py", "pyramid"},
};

const char *framework_among(
    const struct frame *frames, size_t count, const struct frame **ret_frame)
{
    for (size_t k = 0; k < sizeof files / sizeof *files; k++)
        for (size_t i = count; i-- > 0;)
            if (frames[i].library_frame && strcmp(frames[i].filename, files[k][0]) == 0) {
                *ret_frame = &frames[i];
                return files[k][1];
            }
    return NULL;
}

/* "3.2.25" of "Django-3.2.25.dist-info" and "Django-3.2.25-py3.11.egg-info". */
static char *version_of_entry(const char *entry, const char *name)
{
    size_t len = strlen(name);
    if (strncasecmp(entry, name, len) != 0 || entry[len] != '-')
        return NULL;
    const char *version = entry + len + 1;
    const char *end = strstr(version, ".dist-info");
    if (!end)
        end = strstr(version, "-py");
    if (!end)
        end = strstr(version, ".egg-info");
    return end && end > version && end - version <= VERSION_MAX
               ? xmemdup0(version, (size_t)(end - version))
               : NULL;
}

char *framework_version(const struct frame *frame, const char *name)
{
    const char *path = frame->abs_path;
    size_t len = path ? strlen(path) : 0, inner = strlen(frame->filename);
    char *version = NULL;
    const struct dirent *entry;
    if (len <= inner || strcmp(path + len - inner, frame->filename) != 0)
        return NULL;
    char *folder = xmemdup0(path, len - inner);
    DIR *packages = opendir(folder);
    free(folder);
    for (int i = 0; packages && !version && i < ENTRIES_MAX && (entry = readdir(packages)); i++)
        version = version_of_entry(entry->d_name, name);
    if (packages)
        closedir(packages);
    return version;
}
