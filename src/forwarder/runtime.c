#include "runtime.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "program.h"
#include "command/arguments.h"
#include "symbolize/debugfile.h"

enum {
    VERSION_MAX = 32,
    WINDOW = 1 << 20, /* of a file, at a time */
    OVERLAP = 128,
    FILE_MAX = 256 << 20, /* of it in all */
    MAPS_LINE_MAX = 4096,
    RELEASE_MAX = 4096,
};

/* Where in an interpreter's file its version stands. */
struct mark {
    const char *program; /* what the executable is called */
    const char *library; /* what holds the interpreter instead, where it is loaded; NULL: none */
    const char *before;  /* what stands before the version */
    const char *first;   /* what the version begins with; NULL: as the file's name */
    const char *ends;    /* what may follow it besides NUL; else that is part of it */
    const char *name;    /* the runtime's */
    bool no_language;    /* the language's version is another */
    bool within;         /* it may be the end of a longer text, which linkers merge it with */
};

static const struct mark marks[] = {
    {"python", "libpython", "", NULL, "", "CPython", false, true},
    {"php", NULL, "X-Powered-By: PHP/", "", "", "PHP", false, false},
    {"node", NULL, "node.js/v", "", "", "node", true, false},
    {"ruby", "libruby", "ruby ", "", "p ", "ruby", false, false},
    {"perl", "libperl", "v", "5.", "", NULL, false, false},
};

static bool is_called(const char *file, const char *name)
{
    size_t len = strlen(name);
    const char *rest = file + len;
    return strncmp(file, name, len) == 0 &&
           (!isalpha((unsigned char)*rest) || strcmp(rest, "js") == 0);
}

/* ---- which file ---- */

/* The process' own file of this path, also where it is in a container. */
static int open_file(struct arena *arena, const char *proc, const char *path)
{
    return file_open(arena_joined(arena, proc, path));
}

/* NULL: none that is called so. */
static const char *mapped_library(struct arena *arena, const char *proc, const char *name)
{
    char line[MAPS_LINE_MAX];
    const char *found = NULL;
    FILE *maps = fopen(arena_printf(arena, "%s/maps", proc), "re");
    while (maps && !found && fgets(line, sizeof line, maps)) {
        char *path = strchr(line, '/');
        line[strcspn(line, "\n")] = '\0';
        if (path && strncmp(arguments_base_name(path), name, strlen(name)) == 0)
            found = arena_string(arena, path);
    }
    if (maps)
        fclose(maps);
    return found;
}

/* ---- where in it ---- */

/* "3.11." of "python3.11" and "libpython3.11.so.1.0". */
static void add_name_version(struct buf *b, const char *file)
{
    const char *digits = file + strcspn(file, "0123456789");
    size_t major = strspn(digits, "0123456789"), minor = 0;
    if (digits[major] == '.')
        minor = strspn(digits + major + 1, "0123456789");
    if (minor)
        buf_printf(b, "%.*s.", (int)(major + 1 + minor), digits);
}

/* Three numbers, and a suffix such as "rc1" where nothing else may follow. Within text, which has
 * an end. False: it is none. */
static bool read_version(const struct mark *mark, const char *text, char version[VERSION_MAX])
{
    size_t len = 0;
    for (int number = 0; number < 3; number++) {
        size_t digits = strspn(text + len, "0123456789");
        len += digits;
        if (!digits || (number < 2 && text[len++] != '.'))
            return false;
    }
    if (text[len] && !strchr(mark->ends, text[len])) {
        while (isalnum((unsigned char)text[len]) || (text[len] && strchr("+-.", text[len])))
            len++;
        if (text[len])
            return false;
    }
    if (len >= VERSION_MAX)
        return false;
    memcpy(version, text, len);
    version[len] = '\0';
    return true;
}

static bool begins_at(const struct mark *mark, const char *window, const char *at)
{
    if (at == window) /* if it is there, it was in the window before */
        return false;
    return !at[-1] || (mark->within && !isalnum((unsigned char)at[-1]) && at[-1] != '.');
}

static bool find_in_window(const struct mark *mark, const struct buf *wanted, const char *window,
    size_t len, char version[VERSION_MAX])
{
    const char *at = window, *found;
    size_t last = len == WINDOW ? len - OVERLAP : len; /* what begins later may be cut */
    while ((found = memmem(at, len - (size_t)(at - window), wanted->data, wanted->len)) &&
           (size_t)(found - window) <= last) {
        char text[2 * VERSION_MAX] = "";
        const char *begin = found + strlen(mark->before);
        size_t left = len - (size_t)(begin - window);
        memcpy(text, begin, left < sizeof text - 1 ? left : sizeof text - 1);
        if (begins_at(mark, window, found) && read_version(mark, text, version))
            return true;
        at = found + 1;
    }
    return false;
}

/* Windows overlap, so that none of them cuts what is wanted. */
static bool find_in_file(
    const struct mark *mark, const struct buf *wanted, int fd, char version[VERSION_MAX])
{
    char *window = xmalloc(WINDOW);
    bool found = false;
    ssize_t n = WINDOW;
    for (off_t at = 0; !found && n > OVERLAP && at < FILE_MAX; at += n - OVERLAP) {
        n = pread(fd, window, WINDOW, at);
        found = n > 0 && find_in_window(mark, wanted, window, (size_t)n, version);
    }
    free(window);
    return found;
}

static const char *find_version(
    struct arena *arena, const struct mark *mark, const char *file, int fd)
{
    char version[VERSION_MAX];
    struct buf wanted = {0};
    buf_puts(&wanted, mark->before);
    if (mark->first)
        buf_puts(&wanted, mark->first);
    else
        add_name_version(&wanted, file);
    bool found = wanted.len && wanted.len < OVERLAP - 2 * VERSION_MAX &&
                 find_in_file(mark, &wanted, fd, version);
    buf_free(&wanted);
    return found ? arena_string(arena, version) : NULL;
}

static const char *version_of(
    struct arena *arena, const struct mark *mark, const char *proc, const char *program)
{
    const char *library = mark->library ? mapped_library(arena, proc, mark->library) : NULL;
    int fd = library ? open_file(arena, proc, arena_joined(arena, "/root", library))
                     : open_file(arena, proc, "/exe");
    if (fd < 0)
        return NULL;
    const char *version =
        find_version(arena, mark, library ? arguments_base_name(library) : program, fd);
    close(fd);
    return version;
}

/* ---- Java, which says it in a file beside its folder of programs ---- */

static const char *java_version(struct arena *arena, const char *proc, const char *exe)
{
    static const char key[] = "JAVA_VERSION=\"";
    char text[RELEASE_MAX] = "", *path = arena_joined(arena, "/root", exe);
    for (int folder = 0; folder < 2 && strrchr(path, '/'); folder++)
        *strrchr(path, '/') = '\0';
    int fd = open_file(arena, proc, arena_joined(arena, path, "/release"));
    if (fd < 0)
        return NULL;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    const char *found = n > 0 ? strstr(text, key) : NULL;
    size_t len = found ? strspn(found + sizeof key - 1, "0123456789._") : 0;
    return len && len < VERSION_MAX
               ? arena_bytes(arena, (struct bytes){found + sizeof key - 1, len})
               : NULL;
}

struct runtime runtime_of(struct arena *arena, const char *proc, const char *exe)
{
    const char *program = exe ? program_executable(arena, exe) : "";
    if (strcmp(program, "java") == 0)
        return (struct runtime){"Java", proc ? java_version(arena, proc, exe) : NULL, true};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (is_called(program, marks[i].program))
            return (struct runtime){.name = marks[i].name,
                .version = proc ? version_of(arena, &marks[i], proc, program) : NULL,
                .of_language = !marks[i].no_language};
    return (struct runtime){0};
}
