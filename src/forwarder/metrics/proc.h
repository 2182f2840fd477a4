/* Figures from /proc. -1 where there is none. */
#ifndef APMSHIM_METRICS_PROC_H
#define APMSHIM_METRICS_PROC_H

#include <stdint.h>

struct proc_memory {
    double total, free; /* bytes; free: what could be had without swapping */
};

struct proc_process {
    uint64_t user, system; /* ticks of CPU */
    double size, rss;      /* bytes */
};

struct proc_cpu {
    uint64_t busy, total; /* ticks of all processors */
};

int proc_memory(struct proc_memory *ret);
int proc_cpu(struct proc_cpu *ret);
int proc_process(uint32_t pid, struct proc_process *ret);

#endif
