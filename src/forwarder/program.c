#include "program.h"

#include <ctype.h>
#include <string.h>

#include "command/reading.h"

enum { NAME_BYTES_MAX = 64 };

static const char *const script_endings[] = {
    ".py", ".pyc", ".pl", ".psgi", ".rb", ".php", ".js", ".mjs", ".cjs", ".cgi", ".sh"};

/* Not code, nor anything else that a name would betray. */
static bool is_file_name(const char *name)
{
    size_t len = strlen(name), letters = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];
        letters += isalpha(c) || c >= 0x80;
        if (c < 0x80 && !isalnum(c) && !strchr("._-+@~:,", c))
            return false;
    }
    return letters && len <= NAME_BYTES_MAX;
}

/* "/srv/shop/manage.py" is "manage"; a package run by its folder has the folder's name. */
static const char *script_name(struct arena *arena, const char *script)
{
    char *path = arena_string(arena, script);
    if (strcmp(basename(path), "__main__.py") == 0 && strchr(path, '/'))
        *strrchr(path, '/') = '\0';
    char *base = path + (basename(path) - path);
    char *dot = strrchr(base, '.');
    for (size_t i = 0; dot && dot > base && i < sizeof script_endings / sizeof *script_endings; i++)
        if (strcmp(dot, script_endings[i]) == 0) {
            *dot = '\0';
            break;
        }
    return base;
}

static const char *first_argument(struct arena *arena, struct bytes argv)
{
    return argv.len ? arena_bytes(arena, (struct bytes){argv.data, strnlen(argv.data, argv.len)})
                    : NULL;
}

static const char *executable_name(struct arena *arena, const char *exe, struct bytes argv)
{
    static const char deleted[] = " (deleted)"; /* the kernel's word for a replaced file */
    if (!exe || !*exe)
        exe = first_argument(arena, argv);
    char *name = arena_string(arena, exe ? basename(exe) : "");
    size_t len = strlen(name), tail = sizeof deleted - 1;
    if (len > tail && strcmp(name + len - tail, deleted) == 0)
        name[len - tail] = '\0';
    return name;
}

struct program program_of(struct arena *arena, const char *exe, struct bytes argv)
{
    const char *version = "";
    struct program program = {.name = executable_name(arena, exe, argv), .language = "C"};
    const struct program_options *options = program_options_of(program.name, &version);
    if (!options || !options->language)
        return program;
    program.script = arguments_read(arena, argv, options).script;
    const char *name = program.script ? script_name(arena, program.script) : "";
    program.name = is_file_name(name) ? name : options->name;
    program.language = options->language;
    if (options->runtime && isdigit((unsigned char)version[0]) && strchr(version, '.')) {
        program.runtime_name = options->runtime;
        program.runtime_version = version;
    }
    return program;
}
