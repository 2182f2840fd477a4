#include "unit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/arguments.h"
#include "command/servers.h"

enum { LINE_BYTES_MAX = 4096, MANAGER_PID = 1 };

/* Units that run anything, or many things. */
static const char *const others[] = {"apache", "atd", "containerd", "cron", "crond", "docker",
    "httpd", "nginx", "php", "phpd", "rc-local", "ssh", "sshd", "supervisor", "tomcat"};

/* systemd writes what may not be in a file's name as "\x2d". */
static void unescape(char *name)
{
    char *to = name;
    for (const char *from = name; *from; from++) {
        char digits[3] = {0};
        if (from[0] == '\\' && from[1] == 'x' && isxdigit((unsigned char)from[2]) &&
            isxdigit((unsigned char)from[3])) {
            memcpy(digits, from + 2, 2);
            *to++ = (char)strtoul(digits, NULL, 16);
            from += 3;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

/* "php8.2-fpm" is "php-fpm", "tomcat9" is "tomcat". */
static bool is_runner(const char *name)
{
    struct interpreter interpreter;
    char plain[64];
    size_t len = 0;
    for (const char *c = name; *c && len < sizeof plain - 1; c++)
        if (!isdigit((unsigned char)*c) && *c != '.')
            plain[len++] = *c;
    plain[len] = '\0';
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(plain, others[i]) == 0)
            return true;
    return !len || arguments_interpreter(plain, &interpreter) || servers_know(plain);
}

/* Of "shop@1" and of "gunicorn@shop" the part that says something. */
static const char *meaningful(struct arena *arena, const char *unit)
{
    const char *at = strchr(unit, '@');
    const char *prefix = at ? arena_bytes(arena, (struct bytes){unit, (size_t)(at - unit)}) : unit;
    if (!is_runner(prefix))
        return prefix;
    return at && !is_runner(at + 1) ? at + 1 : NULL;
}

/* One line of cgroup: "hierarchy:controllers:path". The unit is the path's end. */
static const char *unit_in(struct arena *arena, char *line)
{
    static const char ending[] = ".service";
    line[strcspn(line, "\n")] = '\0';
    const char *controllers = strchr(line, ':'), *slash = strrchr(line, '/');
    if (!controllers || !slash ||
        (strncmp(controllers, "::", 2) != 0 && strncmp(controllers, ":name=systemd:", 14) != 0))
        return NULL;
    size_t len = strlen(slash + 1), ending_len = sizeof ending - 1;
    if (len <= ending_len || strcmp(slash + 1 + len - ending_len, ending) != 0)
        return NULL;
    char *name = arena_bytes(arena, (struct bytes){slash + 1, len - ending_len});
    unescape(name);
    return name;
}

const char *unit_of(struct arena *arena, const char *proc, int ppid)
{
    char line[LINE_BYTES_MAX];
    const char *unit = NULL;
    if (ppid != MANAGER_PID) /* a job of cron's is in cron's unit */
        return NULL;
    FILE *file = fopen(arena_printf(arena, "%s/cgroup", proc), "re");
    while (file && !unit && fgets(line, sizeof line, file))
        unit = unit_in(arena, line);
    if (file)
        fclose(file);
    return unit ? meaningful(arena, unit) : NULL;
}
