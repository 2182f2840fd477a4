#include "metrics/proc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int read_file(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return -1;
    size_t n = fread(out, 1, size - 1, file);
    fclose(file);
    out[n] = '\0';
    return n > 0 ? 0 : -1;
}

/* Kilobytes behind a name, in bytes. */
static double field(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? strtod(at + strlen(name), NULL) * 1024 : -1;
}

int proc_memory(struct proc_memory *ret)
{
    char text[4096];
    if (read_file("/proc/meminfo", text, sizeof text) < 0)
        return -1;
    ret->total = field(text, "MemTotal:");
    ret->free = field(text, "MemAvailable:");
    return ret->total > 0 && ret->free >= 0 ? 0 : -1;
}

int proc_cpu(struct proc_cpu *ret)
{
    char text[512];
    uint64_t user, nice, system, idle, iowait, irq, softirq, steal;
    if (read_file("/proc/stat", text, sizeof text) < 0 ||
        sscanf(text,
            "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
            " %" SCNu64,
            &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal) != 8)
        return -1;
    ret->busy = user + nice + system + irq + softirq + steal;
    ret->total = ret->busy + idle + iowait;
    return 0;
}

/* proc(5): utime and stime are the 14th and 15th field, vsize and rss the 23rd and 24th; the second
 * one, the name, may hold anything. */
int proc_process(uint32_t pid, struct proc_process *ret)
{
    char path[64], text[1024];
    uint64_t size;
    int64_t pages;
    snprintf(path, sizeof path, "/proc/%" PRIu32 "/stat", pid);
    if (read_file(path, text, sizeof text) < 0)
        return -1;
    const char *at = strrchr(text, ')');
    if (!at || sscanf(at + 1,
                   " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64
                   " %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNd64,
                   &ret->user, &ret->system, &size, &pages) != 4)
        return -1;
    ret->size = (double)size;
    ret->rss = (double)pages * (double)sysconf(_SC_PAGESIZE);
    return 0;
}
