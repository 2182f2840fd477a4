/* The path half of names.h. */
#include "symbolize/names.h"
#include "symbolize/vdso.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/buf.h"

static bool starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static void drop_last_component(struct buf *path)
{
    while (path->len > 0 && path->data[path->len - 1] != '/')
        path->len--;
    if (path->len > 0)
        path->len--;
    if (path->data)
        path->data[path->len] = '\0';
}

static void add_components(struct buf *path, const char *s)
{
    while (*s) {
        size_t len = strcspn(s, "/");
        if (len == 2 && s[0] == '.' && s[1] == '.') {
            drop_last_component(path);
        } else if (len > 0 && !(len == 1 && s[0] == '.')) {
            buf_putc(path, '/');
            buf_add(path, s, len);
        }
        s += len;
        s += *s == '/';
    }
}

char *path_absolute(const char *comp_dir, const char *file)
{
    if (!comp_dir || *file == '/')
        comp_dir = "";
    struct buf path = {0};
    add_components(&path, comp_dir);
    add_components(&path, file);
    /* Packages are built with folders mapped to ".": such paths stay relative. */
    bool is_absolute = *file == '/' || *comp_dir == '/';
    if (!is_absolute && path.len > 0) {
        char *relative = xmemdup0(path.data + 1, path.len - 1);
        buf_free(&path);
        return relative;
    }
    return buf_take(&path);
}

const char *path_basename(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static const char *last_two_components(const char *path)
{
    const char *start = path_basename(path);
    if (start == path)
        return path;
    for (start--; start > path && start[-1] != '/'; start--)
        ;
    return *start == '/' ? start + 1 : start;
}

const char *path_short(const char *path, const char *comp_dir)
{
    size_t len = comp_dir ? strlen(comp_dir) : 0;
    while (len > 0 && comp_dir[len - 1] == '/')
        len--;
    if (len > 0 && strncmp(path, comp_dir, len) == 0 && path[len] == '/' && path[len + 1])
        return path + len + 1;
    return last_two_components(path);
}

char *module_name(const char *path, bool main_program)
{
    const char *name = path_basename(path);
    if (!*name)
        return xstrdup(main_program ? "[main]" : "[unknown]");
    if (vdso_is(name) || starts_with(name, "linux-gate.so"))
        return xstrdup("[vdso]");
    const char *deleted = strstr(name, " (deleted)");
    return xmemdup0(name, deleted && deleted != name ? (size_t)(deleted - name) : strlen(name));
}

static bool module_is_python(const char *name)
{
    if (starts_with(name, "libpython"))
        return isdigit((unsigned char)name[9]) && strstr(name, ".so") != NULL;
    if (!starts_with(name, "python"))
        return false;
    return name[6 + strspn(name + 6, "0123456789.dmu")] == '\0';
}

bool module_is_interpreter(const char *name)
{
    static const char *const prefixes[] = {"php", "libphp", "perl", "ruby", "node", "lua"};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
        if (starts_with(name, prefixes[i])) {
            const char *rest = name + strlen(prefixes[i]);
            return !isalpha((unsigned char)*rest) && *rest != '_';
        }
    }
    return module_is_python(name);
}

/* A container's root as the forwarder sees it: /proc/PID/root in front. */
static const char *without_proc_root(const char *path)
{
    if (!starts_with(path, "/proc/"))
        return path;
    const char *rest = path + 6 + strspn(path + 6, "0123456789");
    return starts_with(rest, "/root/") ? rest + 5 : path;
}

static bool is_system_path(const char *path)
{
    if (starts_with(path, "/usr"))
        path += 4;
    if (starts_with(path, "/local"))
        path += 6;
    if (!starts_with(path, "/lib"))
        return false;
    const char *rest = path + 4 + strspn(path + 4, "x0123456789");
    return *rest == '/';
}

/* Modules that belong to an interpreter or came with a package, wherever that is installed. */
static bool is_installed_module(const char *path)
{
    static const char *const folders[] = {"/dist-packages/", "/site-packages/", "/lib-dynload/",
        "/node_modules/", "/gems/", "/site_ruby/", "/vendor_ruby/", "/perl5/"};
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
        if (strstr(path, folders[i]))
            return true;
    return false;
}

bool module_is_library(const char *path, bool main_program)
{
    char *name = module_name(path, main_program);
    bool interpreter = main_program ? module_is_interpreter(name)
                                    : module_is_python(name) || starts_with(name, "libjvm.so");
    free(name);
    if (main_program)
        return interpreter;
    path = without_proc_root(path);
    return interpreter || *path != '/' || is_system_path(path) || is_installed_module(path);
}

bool source_is_library(const char *abs_path)
{
    return starts_with(abs_path, "/usr/include/") || starts_with(abs_path, "/usr/local/include/") ||
           starts_with(abs_path, "/rustc/") || strstr(abs_path, "/.cargo/registry/") ||
           is_system_path(abs_path);
}
