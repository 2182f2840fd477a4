#include "trace/own_package.h"

#include <string.h>

#include "command/servers.h"
#include "small_file.h"
#include "symbolize/code_paths.h"

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* What runs applications, or what commands import to start one. */
static const char *const others[] = {"django", "importlib", "pkg_resources", "re", "sys", "os",
    "twisted", "tornado", "aiohttp", "werkzeug", "paste", "pip", "setuptools"};

static const char *package_of(struct arena *arena, const char *module)
{
    const char *name = arena_bytes(arena, (struct bytes){module, strspn(module, WORD)});
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i]) == 0)
            return NULL;
    return *name && !servers_know(name) ? name : NULL;
}

/* As installers write commands: "from trytond.admin import run", or
 * load_entry_point('trytond==6.0', 'console_scripts', 'trytond'). */
static const char *imported_by(struct arena *arena, const char *command)
{
    static const char from[] = "from ", entry[] = "load_entry_point('";
    const char *text = small_file_read(arena, command), *found = NULL;
    if (!text || strncmp(text, "#!", 2) != 0)
        return NULL;
    for (const char *line = text; line && !found; line = strchr(line, '\n')) {
        line += strspn(line, "\n \t");
        if (strncmp(line, from, sizeof from - 1) == 0)
            found = package_of(arena, line + sizeof from - 1);
    }
    const char *at = found ? NULL : strstr(text, entry);
    if (!at)
        return found;
    at += sizeof entry - 1;
    char *name = arena_bytes(arena, (struct bytes){at, strspn(at, WORD "-")});
    for (char *c = name; *c; c++)
        if (*c == '-')
            *c = '_';
    return package_of(arena, name);
}

const char *own_package(struct arena *arena, const struct program *program, const char *working)
{
    const char *module = program->module, *script = program->script;
    if (strcmp(program->language, "python") != 0)
        return NULL;
    if (module)
        return package_of(arena, module);
    if (!script || (program->is_server && !program->module))
        return NULL;
    size_t len = strlen(script);
    if (!strchr(script, '/'))
        return len > 3 && !strcmp(script + len - 3, ".py") ? NULL : package_of(arena, script);
    if (*script != '/')
        script = arena_printf(arena, "%s/%s", working, script);
    const char *installed = code_path_in_packages(script);
    return installed ? package_of(arena, installed) : imported_by(arena, script);
}
