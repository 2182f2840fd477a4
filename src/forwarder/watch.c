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
    struct watched *items;
    struct pollfd *polls;
    size_t count, cap;
};

struct watch *watch_new(ino_t ring_inode)
{
    struct watch *watch = xcalloc(1, sizeof *watch);
    watch->inode = ring_inode;
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

void watch_add(struct watch *watch, uint32_t pid)
{
    for (size_t i = 0; i < watch->count; i++)
        if (watch->items[i].pid == pid)
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

static bool maps_ring(const char *pid, ino_t inode)
{
    char path[64], line[512], wanted[64];
    snprintf(path, sizeof path, "/proc/%s/maps", pid);
    snprintf(wanted, sizeof wanted, " %ju /memfd:apmshim-ring", (uintmax_t)inode);
    FILE *file = fopen(path, "re");
    bool found = false;
    if (!file)
        return false;
    while (!found && fgets(line, sizeof line, file))
        found = strstr(line, wanted) != NULL;
    fclose(file);
    return found;
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
        if (maps_ring(entry->d_name, watch->inode))
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
