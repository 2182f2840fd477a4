#include "proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

enum {
    FILE_BYTES_MAX = 4 << 20,
    ENVIRONMENT_END = 51, /* field of /proc/PID/stat, proc(5) */
};

const char *proc_link(struct arena *arena, pid_t pid, const char *name)
{
    char target[PATH_MAX];
    ssize_t n = readlink(arena_printf(arena, "/proc/%d/%s", (int)pid, name), target, sizeof target);
    return n < 0 ? NULL : arena_bytes(arena, (struct bytes){target, (size_t)n});
}

struct bytes proc_read(struct arena *arena, pid_t pid, const char *name)
{
    struct buf content = {0};
    struct bytes result = {0};
    int fd = open(arena_printf(arena, "/proc/%d/%s", (int)pid, name), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return result;
    ssize_t n;
    do {
        buf_reserve(&content, 4096);
        n = read(fd, content.data + content.len, 4096);
        content.len += n > 0 ? (size_t)n : 0;
    } while (n > 0 && content.len < FILE_BYTES_MAX);
    close(fd);
    if (n >= 0)
        result = (struct bytes){
            arena_bytes(arena, (struct bytes){content.data, content.len}), content.len};
    buf_free(&content);
    return result;
}

/* By env_end, field 51 of stat: the kernel sets it last. */
bool proc_has_environment(pid_t pid)
{
    struct arena scratch = {0};
    const char *stat = proc_read(&scratch, pid, "stat").data;
    const char *field = stat ? strrchr(stat, ')') : NULL; /* the end of field 2 */
    for (int i = 2; field && i < ENVIRONMENT_END; i++)
        field = strchr(field + 1, ' ');
    bool has = field && strtoull(field, NULL, 10) != 0;
    arena_free(&scratch);
    return has;
}

const char *proc_variable(struct bytes environment, const char *name)
{
    size_t name_len = strlen(name);
    while (environment.len > 0) {
        size_t len = strnlen(environment.data, environment.len);
        if (len > name_len && environment.data[name_len] == '=' &&
            memcmp(environment.data, name, name_len) == 0)
            return environment.data + name_len + 1;
        environment = bytes_skip(environment, len + 1);
    }
    return NULL;
}

pid_t proc_find(bool (*is_it)(void *self, pid_t pid), void *self)
{
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    pid_t found = 0;
    while (folder && !found && (entry = readdir(folder))) {
        char *end;
        long pid = strtol(entry->d_name, &end, 10);
        if (pid > 0 && *end == '\0' && is_it(self, (pid_t)pid))
            found = (pid_t)pid;
    }
    if (folder)
        closedir(folder);
    return found;
}
