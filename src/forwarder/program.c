#include "program.h"

#include <ctype.h>
#include <string.h>

/* Letters are single-letter options, which may stand together and have their value attached. */
struct interpreter {
    const char *name, *language, *runtime;
    const char *valued;      /* take a value */
    const char *code;        /* the value is the program itself: it has no name */
    const char *script;      /* the value is the script or module */
    const char *long_valued; /* long options whose value is the next argument, each after a space */
};

static const struct interpreter interpreters[] = {
    {"python", "Python", "CPython", "WXQ", "c", "m", " --check-hash-based-pycs"},
    {"pypy", "Python", NULL, "WX", "c", "m", ""},
    {"perl", "Perl", NULL, "I", "eE", "", ""},
    {"ruby", "Ruby", NULL, "IrCEF", "e", "", " --encoding"},
    {"php-fpm", "PHP", "PHP", "cdygp", "", "", " --fpm-config --php-ini"},
    {"php-cgi", "PHP", "PHP", "bcdTz", "", "f", ""},
    {"php", "PHP", "PHP", "dcSztg", "rBRE", "f", ""},
    {"nodejs", "JavaScript", NULL, "rC", "ep", "", " --require --import --loader --conditions"},
    {"node", "JavaScript", NULL, "rC", "ep", "", " --require --import --loader --conditions"},
    {"dash", "Shell", NULL, "o", "c", "", ""},
    {"bash", "Shell", NULL, "oO", "c", "", " --rcfile --init-file"},
    {"zsh", "Shell", NULL, "o", "c", "", ""},
    {"ksh", "Shell", NULL, "o", "c", "", ""},
    {"sh", "Shell", NULL, "o", "c", "", ""},
};

static const char *const script_endings[] = {
    ".py", ".pyc", ".pl", ".psgi", ".rb", ".php", ".js", ".mjs", ".cjs", ".cgi", ".sh"};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *program_argument(struct arena *arena, struct bytes argv, size_t index)
{
    while (argv.len > 0) {
        size_t len = strnlen(argv.data, argv.len);
        if (index-- == 0)
            return arena_bytes(arena, (struct bytes){argv.data, len});
        argv = bytes_skip(argv, len + 1);
    }
    return NULL;
}

/* "python3.11" is python, "pythonette" is not. *ret_version: "3.11". */
static const struct interpreter *interpreter_of(const char *base, const char **ret_version)
{
    for (size_t i = 0; i < sizeof interpreters / sizeof *interpreters; i++) {
        size_t len = strlen(interpreters[i].name);
        if (strncmp(base, interpreters[i].name, len) != 0)
            continue;
        const char *version = base + len;
        if (version[strspn(version, "0123456789.")] != '\0')
            continue;
        *ret_version = version;
        return &interpreters[i];
    }
    return NULL;
}

static bool takes_next(const struct interpreter *interpreter, const char *long_option)
{
    const char *found = strstr(interpreter->long_valued, long_option);
    char after = found ? found[strlen(long_option)] : 'x';
    return after == '\0' || after == ' ';
}

enum meaning { SCRIPT_FOUND, SCRIPT_NONE, SCRIPT_LATER };

/* Letters of one argument; the value of one that takes it may be the next argument. */
static enum meaning read_letters(const struct interpreter *interpreter, struct arena *arena,
    struct bytes argv, size_t *index, const char **ret_script)
{
    const char *letters = program_argument(arena, argv, *index);
    for (const char *c = letters + 1; *c; c++) {
        if (strchr(interpreter->code, *c))
            return SCRIPT_NONE;
        bool names_script = strchr(interpreter->script, *c);
        if (!names_script && !strchr(interpreter->valued, *c))
            continue;
        const char *value = c[1] ? c + 1 : program_argument(arena, argv, ++*index);
        if (!names_script)
            return SCRIPT_LATER;
        *ret_script = value;
        return value ? SCRIPT_FOUND : SCRIPT_NONE;
    }
    return SCRIPT_LATER;
}

/* NULL: none, the program was given as an option or comes by standard input. */
static const char *script_of(
    const struct interpreter *interpreter, struct arena *arena, struct bytes argv)
{
    const char *argument, *script = NULL;
    for (size_t i = 1; (argument = program_argument(arena, argv, i)); i++) {
        if (strcmp(argument, "--") == 0)
            return program_argument(arena, argv, i + 1);
        if (strcmp(argument, "-") == 0)
            return NULL;
        if (argument[0] != '-' && argument[0] != '+')
            return argument;
        if (argument[1] == '-') {
            i += takes_next(interpreter, argument);
            continue;
        }
        enum meaning meaning = read_letters(interpreter, arena, argv, &i, &script);
        if (meaning != SCRIPT_LATER)
            return meaning == SCRIPT_FOUND ? script : NULL;
    }
    return NULL;
}

/* "/srv/shop/manage.py" is "manage"; a package run by its folder has the folder's name. */
static const char *script_name(struct arena *arena, const char *script)
{
    char *path = arena_string(arena, script);
    if (strcmp(base_name(path), "__main__.py") == 0 && strchr(path, '/'))
        *strrchr(path, '/') = '\0';
    char *base = path + (base_name(path) - path);
    char *dot = strrchr(base, '.');
    for (size_t i = 0; dot && dot > base && i < sizeof script_endings / sizeof *script_endings; i++)
        if (strcmp(dot, script_endings[i]) == 0) {
            *dot = '\0';
            break;
        }
    return base;
}

static const char *executable_name(struct arena *arena, const char *exe, struct bytes argv)
{
    static const char deleted[] = " (deleted)"; /* the kernel's word for a replaced file */
    if (!exe || !*exe)
        exe = program_argument(arena, argv, 0);
    char *name = arena_string(arena, exe ? base_name(exe) : "");
    size_t len = strlen(name), tail = sizeof deleted - 1;
    if (len > tail && strcmp(name + len - tail, deleted) == 0)
        name[len - tail] = '\0';
    return name;
}

struct program program_of(struct arena *arena, const char *exe, struct bytes argv)
{
    const char *version = "";
    struct program program = {.name = executable_name(arena, exe, argv), .language = "C"};
    const struct interpreter *interpreter = interpreter_of(program.name, &version);
    if (!interpreter)
        return program;
    const char *script = script_of(interpreter, arena, argv);
    program.script = script;
    program.name = script && *script ? script_name(arena, script) : interpreter->name;
    program.language = interpreter->language;
    if (interpreter->runtime && isdigit((unsigned char)version[0]) && strchr(version, '.')) {
        program.runtime_name = interpreter->runtime;
        program.runtime_version = version;
    }
    return program;
}
