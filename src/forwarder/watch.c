#include "watch.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"

struct watched {
    uint32_t pid;
    int pidfd; /* -1: the kernel or the limit refused; asked with kill instead */
};

struct watch {
    ino_t inode;
    unsigned long long since; /* the owner's start; 0: unknown */
    struct watched *items;
    struct pollfd *polls;
    size_t count, cap;
};

/* In ticks since boot; 0: it has ended. Anybody may know, unlike what it maps. */
static unsigned long long start_of(uint32_t pid)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%" PRIu32 "/stat", pid);
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
    unsigned long long start = 0;
    if (file)
        fclose(file);
    text[n] = '\0';
    const char *field = strrchr(text, ')'); /* ends the second; the start is the 22nd */
    for (int i = 2; field && i < 22; i++)
        field = strchr(field + 1, ' ');
    if (field)
        start = strtoull(field, NULL, 10);
    return start;
}

struct watch *watch_new(ino_t ring_inode, uint32_t owner)
{
    struct watch *watch = xcalloc(1, sizeof *watch);
    watch->inode = ring_inode;
    watch->since = start_of(owner);
    watch_add(watch, owner);
    return watch;
}

void watch_free(struct watch *watch)
{
    for (size_t i = 0; i < watch->count; i++)
        if (watch->items[i].pidfd >= 0)
            close(watch->items[i].pidfd);
    free(watch->items);
    free(watch->polls);
    free(watch);
}

enum mapped { NOT_MAPPED, MAPPED, UNKNOWN /* it has ended, or we may not look */ };

static enum mapped maps_ring(uint32_t pid, ino_t inode)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%" PRIu32 "/maps", pid);
    FILE *file = fopen(path, "re");
    enum mapped mapped = UNKNOWN;
    while (file && mapped != MAPPED && fgets(line, sizeof line, file)) {
        uintmax_t found = 0; /* after address, rights, offset and device */
        bool whole = sscanf(line, "%*s %*s %*s %*s %ju", &found) == 1;
        bool ours = whole && found == inode && strstr(line, "/memfd:apmshim-ring");
        mapped = ours ? MAPPED : NOT_MAPPED;
    }
    if (file)
        fclose(file);
    return mapped;
}

/* A pid is its process' own word: in a pid namespace of its own it names another process here,
 * whose end would never come. That one has no ring, or is older than the service. */
static bool is_another(const struct watch *watch, uint32_t pid)
{
    enum mapped mapped = maps_ring(pid, watch->inode);
    if (mapped != UNKNOWN)
        return mapped == NOT_MAPPED;
    unsigned long long start = start_of(pid);
    return start && start < watch->since;
}

void watch_add(struct watch *watch, uint32_t pid)
{
    for (size_t i = 0; i < watch->count; i++)
        if (watch->items[i].pid == pid)
            return;
    if (is_another(watch, pid))
        return;
    if (watch->count == watch->cap) {
        watch->cap = watch->cap ? watch->cap * 2 : 16;
        watch->items = xrealloc(watch->items, watch->cap * sizeof *watch->items);
        watch->polls = xrealloc(watch->polls, watch->cap * sizeof *watch->polls);
    }
    int pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    watch->items[watch->count++] = (struct watched){pid, pidfd};
}

size_t watch_count(const struct watch *watch)
{
    return watch->count;
}

uint32_t watch_pid(const struct watch *watch, size_t index)
{
    return watch->items[index].pid;
}

static bool process_gone(const struct watched *w, const struct pollfd *poll)
{
    if (w->pidfd >= 0)
        return poll->revents != 0;
    return kill((pid_t)w->pid, 0) < 0 && errno == ESRCH;
}

void watch_wait(struct watch *watch, int timeout_ms, void (*ended)(void *, uint32_t), void *self)
{
    for (size_t i = 0; i < watch->count; i++)
        watch->polls[i] = (struct pollfd){.fd = watch->items[i].pidfd, .events = POLLIN};
    (void)poll(watch->polls, watch->count, timeout_ms);
    for (size_t i = watch->count; i-- > 0;) {
        struct watched gone = watch->items[i];
        if (!process_gone(&gone, &watch->polls[i]))
            continue;
        if (gone.pidfd >= 0)
            close(gone.pidfd);
        watch->items[i] = watch->items[--watch->count];
        ended(self, gone.pid);
    }
}

bool watch_all_ended(struct watch *watch)
{
    if (watch->count)
        return false;
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    while (proc && (entry = readdir(proc))) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (!isdigit((unsigned char)*entry->d_name) || pid == getpid() || pid == getppid())
            continue;
        if (maps_ring((uint32_t)pid, watch->inode) == MAPPED)
            watch_add(watch, (uint32_t)pid);
    }
    if (proc)
        closedir(proc);
    return !watch->count;
}

bool watch_thread_alive(uint32_t tid)
{
    return syscall(SYS_tkill, (pid_t)tid, 0) == 0 || errno != ESRCH;
}
