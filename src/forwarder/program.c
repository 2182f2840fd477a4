#include "program.h"

#include <ctype.h>
#include <string.h>

#include "command/arguments.h"

enum { SCRIPT_BYTES_MAX = 64 };

static const char *const script_endings[] = {
    ".py", ".pyc", ".pl", ".psgi", ".rb", ".php", ".js", ".mjs", ".cjs", ".cgi", ".sh"};

/* Code that was taken for a file, by its looks, must not name a service. */
static bool looks_like_file(const char *script)
{
    const char *base = arguments_base_name(script);
    size_t len = strlen(base);
    bool letter = false;
    for (size_t i = 0; i < len; i++)
        letter |= isalpha((unsigned char)base[i]) || (unsigned char)base[i] >= 0x80;
    return letter && len <= SCRIPT_BYTES_MAX && !strpbrk(base, " \t\r\v\f") &&
           !strpbrk(script, "\"'`()[]{}<>;=$|&*?!@:,\\\n");
}

/* NULL: none, the program was given as an option or comes by standard input. */
static const char *script_of(struct arena *arena, const char *interpreter, struct bytes argv)
{
    struct arguments arguments;
    const char *argument;
    bool cut;
    arguments_begin(&arguments, interpreter);
    arguments_take(arena, &argv, &cut);
    while (!arguments.has_program && (argument = arguments_take(arena, &argv, &cut)) && !cut) {
        struct argument meaning = arguments_next(&arguments, argument);
        if (meaning.kind == ARGUMENT_PRIVATE)
            return NULL;
        if (meaning.kind == ARGUMENT_SCRIPT)
            return looks_like_file(argument + meaning.from) ? argument + meaning.from : NULL;
    }
    return NULL;
}

/* "/srv/shop/manage.py" is "manage"; a package run by its folder has the folder's name. */
static const char *script_name(struct arena *arena, const char *script)
{
    char *path = arena_string(arena, script);
    if (strcmp(arguments_base_name(path), "__main__.py") == 0 && strchr(path, '/'))
        *strrchr(path, '/') = '\0';
    char *base = path + (arguments_base_name(path) - path);
    char *dot = strrchr(base, '.');
    for (size_t i = 0; dot && dot > base && i < sizeof script_endings / sizeof *script_endings; i++)
        if (strcmp(dot, script_endings[i]) == 0) {
            *dot = '\0';
            break;
        }
    return base;
}

const char *program_executable(struct arena *arena, const char *exe)
{
    static const char deleted[] = " (deleted)"; /* the kernel's word for a replaced file */
    char *name = arena_string(arena, arguments_base_name(exe));
    size_t len = strlen(name), tail = sizeof deleted - 1;
    if (len > tail && strcmp(name + len - tail, deleted) == 0)
        name[len - tail] = '\0';
    return name;
}

/* Where the file is not known it is what it was called by, unless that is a title. */
static const char *executable_of(struct arena *arena, const char *exe, struct bytes argv)
{
    bool cut = false;
    if (exe && *exe)
        return program_executable(arena, exe);
    const char *called = arguments_take(arena, &argv, &cut);
    return called && !cut && looks_like_file(called) ? arguments_base_name(called) : "";
}

struct program program_of(struct arena *arena, const char *exe, struct bytes argv)
{
    const char *name = executable_of(arena, exe, argv);
    struct program program = {.name = name, .language = "C"};
    struct interpreter interpreter;
    if (!arguments_interpreter(name, &interpreter))
        return program;
    const char *version = interpreter.version;
    program.script = script_of(arena, name, argv);
    program.name = program.script
                       ? script_name(arena, program.script)
                       : arena_bytes(arena, (struct bytes){name, (size_t)(version - name)});
    program.language = interpreter.language;
    if (interpreter.runtime && isdigit((unsigned char)version[0]) && strchr(version, '.')) {
        program.runtime_name = interpreter.runtime;
        program.runtime_version = version;
    }
    return program;
}
