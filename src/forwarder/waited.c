#include "waited.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    CHILDREN_BYTES_MAX = 4096, /* of a list that should have one number */
    TASK_PATH_MAX = 96,
    PROCESS_MAX = 32,
};

/* 0: there is no such file, or it says nothing. */
static size_t read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, size - 1) : 0;
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

/* Numbers as in the pid namespace of /proc, which need not be ours: so "self" comes first. */
static long parent_of(const char process[PROCESS_MAX])
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%s/stat", process);
    if (!read_text(path, text, sizeof text))
        return 0;
    const char *name_end = strrchr(text, ')');
    return name_end && strlen(name_end) > 4 ? strtol(name_end + 4, NULL, 10) : 0;
}

static bool is_keeper(long pid)
{
    char path[64], text[32];
    snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    return read_text(path, text, sizeof text) && strcmp(text, "apmshim-keeper\n") == 0;
}

/* The parent of the keeper, which is our parent or our supervisor's; 0: there is none. */
static long service_above(void)
{
    char name[PROCESS_MAX] = "self";
    for (int i = 0; i < 2; i++) {
        long parent = parent_of(name);
        snprintf(name, sizeof name, "%ld", parent);
        if (parent > 0 && is_keeper(parent))
            return parent_of(name);
    }
    return 0;
}

static bool has_keepers_alone(const char task[TASK_PATH_MAX])
{
    char path[TASK_PATH_MAX + 16], text[CHILDREN_BYTES_MAX], *at = text, *end;
    snprintf(path, sizeof path, "%s/children", task);
    if (access(path, R_OK) < 0 || read_text(path, text, sizeof text) == sizeof text - 1)
        return false;
    for (long pid; (pid = strtol(at, &end, 10)) > 0 && end != at; at = end)
        if (!is_keeper(pid))
            return false;
    return true;
}

/* What it waits in: the system call where we may know it, else the kernel's function. */
static bool waits_for_children(const char task[TASK_PATH_MAX])
{
    char path[TASK_PATH_MAX + 16], text[256], *end;
    snprintf(path, sizeof path, "%s/syscall", task);
    if (read_text(path, text, sizeof text)) {
        long number = strtol(text, &end, 10);
        return end != text && (number == SYS_wait4 || number == SYS_waitid);
    }
    snprintf(path, sizeof path, "%s/wchan", task);
    return read_text(path, text, sizeof text) && strcmp(text, "do_wait") == 0;
}

bool waited_for(void)
{
    char path[TASK_PATH_MAX / 2], task[TASK_PATH_MAX];
    long service = service_above();
    snprintf(path, sizeof path, "/proc/%ld/task", service);
    DIR *tasks = service > 0 ? opendir(path) : NULL;
    struct dirent *entry;
    bool waits = false, alone = true;
    while (tasks && alone && (entry = readdir(tasks))) {
        if (!isdigit((unsigned char)*entry->d_name))
            continue;
        snprintf(task, sizeof task, "%s/%ld", path, strtol(entry->d_name, NULL, 10));
        alone = has_keepers_alone(task);
        waits |= waits_for_children(task);
    }
    if (tasks)
        closedir(tasks);
    return alone && waits;
}
