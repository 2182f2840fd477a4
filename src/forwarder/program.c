#include "program.h"

#include <ctype.h>
#include <string.h>

#include "command/arguments.h"
#include "command/servers.h"

enum { SCRIPT_BYTES_MAX = 64 };

static const char *const script_endings[] = {".py", ".pyc", ".jar", ".war", ".java", ".pl", ".psgi",
    ".rb", ".php", ".js", ".mjs", ".cjs", ".cgi", ".sh"};

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

/* NULL: none, the program was given as an option or comes by standard input. *argv is left with
 * what follows. */
static const char *script_of(struct arena *arena, const char *interpreter, struct bytes *argv)
{
    struct arguments arguments;
    const char *argument;
    bool cut;
    arguments_begin(&arguments, interpreter);
    arguments_take(arena, argv, &cut);
    while (!arguments.has_program && (argument = arguments_take(arena, argv, &cut)) && !cut) {
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

/* ---- Java ---- */

/* Servers that applications are put into, by what Elastic's Java agent calls them. */
static const char *java_container(const char *program)
{
    static const char *const containers[][2] = {
        {"org.apache.catalina.startup.Bootstrap", "tomcat-application"},
        {"org.eclipse.jetty", "jetty-application"},
        {"com.sun.enterprise.glassfish", "glassfish-application"},
        {"ws-server.jar", "websphere-application"}, {"com.ibm.ws", "websphere-application"},
        {"jboss-modules.jar", "jboss-application"}, {"weblogic.Server", "weblogic-application"}};
    for (size_t i = 0; i < sizeof containers / sizeof *containers; i++)
        if (strncmp(program, containers[i][0], strlen(containers[i][0])) == 0)
            return containers[i][1];
    return NULL;
}

/* Where "-1.2.3-SNAPSHOT" begins; the end: there is no version. */
static size_t version_begins(const char *jar)
{
    for (const char *dash = strchr(jar, '-'); dash; dash = strchr(dash + 1, '-')) {
        size_t digits = strspn(dash + 1, "0123456789");
        if (dash > jar && digits && dash[1 + digits] == '.')
            return (size_t)(dash - jar);
    }
    return strlen(jar);
}

/* The jar without its version, or the class without its package. */
static const char *java_name(struct arena *arena, const char *script)
{
    const char *base = arguments_base_name(script), *known = java_container(base);
    char *name = arena_string(arena, script_name(arena, base));
    if (known)
        return known;
    const char *dot = strrchr(name, '.');
    if (strlen(name) != strlen(base)) /* it had a file's ending */
        name[version_begins(name)] = '\0';
    else if (dot && dot[1])
        return dot + 1;
    return name;
}

/* ---- */

/* What runs under the server's name is called like what it serves. */
static bool read_server(
    struct arena *arena, const char *server, struct bytes argv, struct program *program)
{
    struct served served;
    if (!servers_read(arena, server, argv, &served))
        return false;
    program->is_runner = program->is_server = true;
    program->module = served.module;
    program->by_folder = served.by_folder;
    program->is_nameless = !served.application;
    if (served.application)
        program->name = served.application;
    if (served.language)
        program->language = served.language;
    return true;
}

static void read_script(struct arena *arena, struct bytes argv, struct program *program)
{
    program->name = strcmp(program->language, "Java") == 0 ? java_name(arena, program->script)
                                                           : script_name(arena, program->script);
    (void)read_server(arena, arguments_base_name(program->script), argv, program);
}

struct program program_of(struct arena *arena, const char *exe, struct bytes argv)
{
    bool cut;
    const char *name = executable_of(arena, exe, argv);
    struct program program = {.name = name, .language = "C"};
    struct interpreter interpreter;
    if (!arguments_interpreter(name, &interpreter)) {
        struct bytes rest = argv;
        arguments_take(arena, &rest, &cut);
        (void)read_server(arena, name, rest, &program);
        return program;
    }
    const char *version = interpreter.version;
    program.language = interpreter.language;
    program.is_runner = true;
    program.script = script_of(arena, name, &argv);
    program.is_nameless = !program.script;
    program.name = arena_bytes(arena, (struct bytes){name, (size_t)(version - name)});
    if (program.script)
        read_script(arena, argv, &program);
    if (interpreter.runtime && isdigit((unsigned char)version[0]) && strchr(version, '.')) {
        program.runtime_name = interpreter.runtime;
        program.runtime_version = version;
    }
    return program;
}
