#include "symbolize/code_paths.h"

#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "symbolize/names.h"

static const char *behind_last(const char *path, const char *folder)
{
    const char *found = NULL;
    while ((path = strstr(path, folder)) != NULL)
        found = path += strlen(folder);
    return found;
}

/* Behind "/lib/python3.11/" or "/lib64/python3/". */
static const char *in_standard_library(const char *path)
{
    static const char *const folders[] = {"/lib/python", "/lib64/python"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const char *rest = behind_last(path, folders[i]);
        size_t version = rest ? strspn(rest, "0123456789.t") : 0;
        if (version && rest[version] == '/' && rest[version + 1])
            return rest + version + 1;
    }
    return NULL;
}

const char *code_path_in_packages(const char *path)
{
    const char *rest = behind_last(path, "/site-packages/");
    if (!rest)
        rest = behind_last(path, "/dist-packages/");
    if (!rest && strncmp(path, "/usr/share/php/", 15) == 0)
        rest = path + 15;
    return rest ? rest : behind_last(path, "/vendor/"); /* as PHP's Composer installs them */
}

/* "/usr/bin/gunicorn": what starts an installed program. */
static bool is_command(const char *path)
{
    const char *name = path_basename(path);
    return (name - path >= 5 && strncmp(name - 5, "/bin/", 5) == 0) ||
           (name - path >= 6 && strncmp(name - 6, "/sbin/", 6) == 0);
}

static const char *below(const char *root, const char *path)
{
    size_t len = root ? strlen(root) : 0;
    while (len > 0 && root[len - 1] == '/')
        len--;
    bool inside = len > 0 && strncmp(path, root, len) == 0 && path[len] == '/' && path[len + 1];
    return inside ? path + len + 1 : NULL;
}

static const char *below_roots(const char *path, const struct code_roots *roots)
{
    const char *a = below(roots->working, path), *b = below(roots->script, path);
    return !b || (a && a > b) ? a : b; /* what follows the longer root begins later */
}

/* Whether the operator said so: patterns of modules, where "shop.*" means "shop" too, and of paths.
 */
static bool is_told(const char *file, const char *shown, const struct code_roots *roots)
{
    if (!roots->own)
        return false;
    struct buf name = {0};
    char *module = code_path_module(shown);
    bool told = wildcard_list_match(roots->own, bytes_of(file)) != NULL;
    if (module && !told) {
        buf_printf(&name, "%s.", module);
        told = wildcard_list_match(roots->own, bytes_of(module)) ||
               wildcard_list_match(roots->own, (struct bytes){name.data, name.len});
        buf_free(&name);
    }
    free(module);
    return told;
}

static bool is_of_package(const char *shown, const char *package)
{
    size_t len = package ? strlen(package) : 0;
    return len && strncmp(shown, package, len) == 0 && (shown[len] == '/' || shown[len] == '.');
}

struct code_path code_path_of(const char *file, const struct code_roots *roots)
{
    const char *rest = code_path_in_packages(file);
    if (rest && is_told(file, rest, roots))
        return (struct code_path){.shown = rest};
    if (rest && is_of_package(rest, roots->package))
        return (struct code_path){.shown = rest, .is_installed = true};
    if (!rest)
        rest = in_standard_library(file);
    if (rest)
        return (struct code_path){.shown = rest, .is_library = true};
    if (*file == '<')
        return (struct code_path){.shown = file, .is_library = strncmp(file, "<frozen ", 8) == 0};
    if (is_command(file))
        return (struct code_path){.shown = path_basename(file), .is_library = true};
    if (*file != '/') {
        while (strncmp(file, "./", 2) == 0)
            file += 2;
        return (struct code_path){.shown = file};
    }
    rest = below_roots(file, roots);
    return (struct code_path){.shown = rest ? rest : path_short(file, NULL)};
}

char *code_path_module(const char *shown)
{
    static const char package[] = "/__init__";
    struct buf module = {0};
    const char *end = strrchr(shown, '.');
    if (!end || strcmp(end, ".py") != 0 || *shown == '/' || *shown == '<')
        return NULL;
    size_t len = (size_t)(end - shown), package_len = sizeof package - 1;
    if (len > package_len && strncmp(end - package_len, package, package_len) == 0)
        len -= package_len;
    buf_add(&module, shown, len);
    for (size_t i = 0; i < len; i++)
        if (module.data[i] == '/')
            module.data[i] = '.';
    return buf_take(&module);
}
