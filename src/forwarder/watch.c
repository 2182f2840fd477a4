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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"

enum { LOOKS_MAX = 8 };

struct watched {
    uint32_t pid;
    int pidfd; /* -1: the kernel or the limit refused; asked with kill instead */
    unsigned long long stack;
};

struct watch {
    ino_t inode;
    unsigned long long since; /* the owner's start; 0: unknown */
    struct watched *items;
    struct pollfd *polls;
    size_t count, cap;
    size_t looked_at; /* where the search for new programs goes on */
};

/* Fields of /proc/PID/stat. The start is in ticks since boot: anybody may know, unlike what it
 * maps. Where the stack begins is drawn anew by each execve, and told to whom it concerns. */
enum stat_field { STAT_START = 22, STAT_STACK = 28 };

/* 0: it has ended, or does not tell. */
static unsigned long long stat_of(uint32_t pid, enum stat_field wanted)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%" PRIu32 "/stat", pid);
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
    unsigned long long value = 0;
    if (file)
        fclose(file);
    text[n] = '\0';
    const char *field = strrchr(text, ')'); /* ends the second */
    for (int i = 2; field && i < (int)wanted; i++)
        field = strchr(field + 1, ' ');
    if (field)
        value = strtoull(field, NULL, 10);
    return value;
}

struct watch *watch_new(ino_t ring_inode, uint32_t owner)
{
    struct watch *watch = xcalloc(1, sizeof *watch);
    watch->inode = ring_inode;
    watch->since = stat_of(owner, STAT_START);
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
    unsigned long long start = stat_of(pid, STAT_START);
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
    watch->items[watch->count++] = (struct watched){pid, pidfd, stat_of(pid, STAT_STACK)};
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

static void forget(struct watch *watch, size_t i, void (*ended)(void *, uint32_t), void *self)
{
    struct watched gone = watch->items[i];
    if (gone.pidfd >= 0)
        close(gone.pidfd);
    watch->items[i] = watch->items[--watch->count];
    ended(self, gone.pid);
}

void watch_look_for_programs(struct watch *watch, void (*ended)(void *, uint32_t), void *self)
{
    size_t looks = watch->count < LOOKS_MAX ? watch->count : LOOKS_MAX;
    for (; looks && watch->count; looks--) {
        size_t i = watch->looked_at++ % watch->count;
        const struct watched *w = &watch->items[i];
        if (stat_of(w->pid, STAT_STACK) != w->stack &&
            maps_ring(w->pid, watch->inode) == NOT_MAPPED)
            forget(watch, i, ended, self);
    }
}

void watch_wait(struct watch *watch, int timeout_ms, void (*ended)(void *, uint32_t), void *self)
{
    for (size_t i = 0; i < watch->count; i++)
        watch->polls[i] = (struct pollfd){.fd = watch->items[i].pidfd, .events = POLLIN};
    (void)poll(watch->polls, watch->count, timeout_ms);
    for (size_t i = watch->count; i-- > 0;) {
        if (process_gone(&watch->items[i], &watch->polls[i]))
            forget(watch, i, ended, self);
    }
}

/* Another forwarder of the same ring, of a process that was forked while it was being started: each
 * would wait for the other. */
static bool is_forwarder(pid_t pid)
{
    char path[64];
    struct stat own, other;
    snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
    return stat("/proc/self/exe", &own) == 0 && stat(path, &other) == 0 &&
           own.st_dev == other.st_dev && own.st_ino == other.st_ino;
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
        if (maps_ring((uint32_t)pid, watch->inode) == MAPPED && !is_forwarder(pid))
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
