#include "launch.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

static const char *own_folder(struct arena *arena)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    return arena_string(arena, path);
}

/* Beside the tool as in a build folder, where it was installed, or where a moved prefix has it. */
static const char *find_recorder(struct arena *arena)
{
    const char *folder = own_folder(arena);
    const char *const candidates[] = {
        arena_printf(arena, "%s/libapmshim.so", folder),
        APMSHIM_LIBDIR "/libapmshim.so",
        arena_printf(arena, "%s/../%s/libapmshim.so", folder, APMSHIM_LIBDIR_RELATIVE),
    };
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++)
        if (access(candidates[i], R_OK) == 0)
            return candidates[i];
    return NULL;
}

static bool listed(const char *list, const char *path)
{
    size_t path_len = strlen(path);
    for (; *list; list += strspn(list, ": ")) {
        size_t len = strcspn(list, ": ");
        if (len == path_len && memcmp(list, path, len) == 0)
            return true;
        list += len;
    }
    return false;
}

bool launch_preload(struct arena *arena)
{
    const char *path = find_recorder(arena), *before = getenv("LD_PRELOAD");
    if (!path) {
        complain("libapmshim.so is neither beside this tool nor in " APMSHIM_LIBDIR);
        return false;
    }
    if (strpbrk(path, ": ")) {
        complain("the loader cannot preload %s: a space or colon is in its path", path);
        return false;
    }
    if (before && *before && listed(before, path))
        return true;
    if (before && *before)
        path = arena_printf(arena, "%s:%s", before, path);
    setenv("LD_PRELOAD", path, 1);
    return true;
}

void launch_set_path(struct arena *arena, const char *variable, const char *path)
{
    char folder[PATH_MAX];
    if (path[0] != '/' && getcwd(folder, sizeof folder))
        path = arena_printf(arena, "%s/%s", folder, path);
    setenv(variable, path, 1);
}

int launch_exec(char **command)
{
    execvp(command[0], command);
    complain("%s: %s", command[0], strerror(errno));
    return errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}
