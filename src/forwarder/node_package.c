#include "node_package.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "small_file.h"

enum { FOLDERS_MAX = 16, NAME_BYTES_MAX = 214 /* npm's own limit */ };

/* Of a string that begins at the quote; what follows is at *ret_rest. */
static struct bytes read_string(const char *quote, const char **ret_rest)
{
    const char *end = quote + 1;
    while (*end && *end != '"')
        end += end[0] == '\\' && end[1] ? 2 : 1;
    *ret_rest = *end ? end + 1 : end;
    return (struct bytes){quote + 1, (size_t)(end - quote - 1)};
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

/* The value of the outermost object's "name", if it is a string. */
static struct bytes find_name(const char *text)
{
    int depth = 0;
    while (*text) {
        if (*text == '"') {
            struct bytes key = read_string(text, &text);
            const char *colon = skip_blanks(text), *value = skip_blanks(colon + (*colon == ':'));
            if (*colon == ':' && *value == '"') {
                struct bytes string = read_string(value, &text);
                if (depth == 1 && bytes_equal(key, BYTES("name")))
                    return string;
            }
            continue;
        }
        depth += (*text == '{' || *text == '[') - (*text == '}' || *text == ']');
        text++;
    }
    return (struct bytes){NULL, 0};
}

/* "@acme/shop" is "acme-shop", as with Elastic's own agent. */
static const char *name_in(struct arena *arena, const char *text)
{
    struct bytes name = find_name(text);
    if (!name.len || name.len > NAME_BYTES_MAX || memchr(name.data, '\\', name.len))
        return NULL;
    if (name.data[0] == '@')
        name = bytes_skip(name, 1);
    char *copy = arena_bytes(arena, name);
    char *slash = strchr(copy, '/');
    if (slash)
        *slash = '-';
    return *copy ? copy : NULL;
}

static const char *look_upwards(struct arena *arena, const char *folder)
{
    char *at = arena_string(arena, folder);
    for (int i = 0; i < FOLDERS_MAX && *at == '/'; i++) {
        const char *text = small_file_read(arena, arena_joined(arena, at, "/package.json"));
        const char *name = text ? name_in(arena, text) : NULL;
        if (name)
            return name;
        *strrchr(at, '/') = '\0';
    }
    return NULL;
}

static const char *folder_of_script(struct arena *arena, const char *script, const char *folder)
{
    if (*script != '/' && !folder)
        return NULL;
    const char *path = *script == '/' ? script : arena_printf(arena, "%s/%s", folder, script);
    char *real = realpath(path, NULL);
    char *kept = arena_string(arena, real ? real : path), *slash = strrchr(kept, '/');
    free(real);
    *slash = '\0';
    return kept;
}

const char *node_package_name(struct arena *arena, const char *script, const char *folder)
{
    const char *own = script ? folder_of_script(arena, script, folder) : NULL;
    bool is_tool = own && strstr(own, "/node_modules");
    if (!own || is_tool)
        own = folder;
    return own ? look_upwards(arena, own) : NULL;
}
