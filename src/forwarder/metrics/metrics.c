#include "metrics/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uthash.h>

#include "base/alloc.h"
#include "base/wildcard.h"
#include "log.h"
#include "metrics/cgroup.h"
#include "metrics/proc.h"

enum {
    SAMPLES_MAX = 16,
    PROCESSES_MAX = 128, /* besides the first */
};

struct counted {
    uint32_t pid;
    uint64_t user, system; /* ticks */
    bool seen;
    UT_hash_handle hh;
};

struct metrics {
    const struct options *options;
    const struct sink *sink;
    const struct ring *ring;
    const struct watch *watch;
    struct wildcard_list *disabled;
    uint64_t due; /* ns; 0: not yet known */
    struct proc_cpu cpu;
    struct counted *processes;
    uint64_t lost[LOSS_KINDS];
    unsigned said_many;
};

/* One metricset being put together. */
struct set {
    const struct metrics *metrics;
    struct sample samples[SAMPLES_MAX];
    size_t count;
};

static void add(struct set *set, const char *name, double value)
{
    struct bytes text = bytes_of(name);
    if (value < 0 || set->count == SAMPLES_MAX || wildcard_list_match(set->metrics->disabled, text))
        return;
    set->samples[set->count++] = (struct sample){name, value};
}

static void send(struct set *set, const struct label *label)
{
    struct timespec now;
    if (!set->count || !set->metrics->sink->metricset)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    struct metricset event = {
        .timestamp_us = (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000,
        .count = set->count,
        .samples = set->samples,
        .labels = {label ? 1 : 0, label},
    };
    set->metrics->sink->metricset(set->metrics->sink->self, &event);
}

/* One process: CPU time since the last call, and memory. */
static void add_process(struct metrics *m, struct set *set, uint32_t pid, uint64_t all_ticks)
{
    struct proc_process now;
    struct counted *before;
    if (proc_process(pid, &now) < 0)
        return;
    HASH_FIND(hh, m->processes, &pid, sizeof pid, before);
    if (!before) {
        before = xcalloc(1, sizeof *before);
        before->pid = pid;
        HASH_ADD(hh, m->processes, pid, sizeof pid, before);
    }
    if (now.user < before->user || now.system < before->system) /* another of this number */
        before->user = before->system = 0;
    if (all_ticks) {
        double user = (double)(now.user - before->user) / (double)all_ticks;
        double system = (double)(now.system - before->system) / (double)all_ticks;
        add(set, "system.process.cpu.total.norm.pct", user + system);
        add(set, "system.process.cpu.user.norm.pct", user);
        add(set, "system.process.cpu.system.norm.pct", system);
    }
    add(set, "system.process.memory.size", now.size);
    add(set, "system.process.memory.rss.bytes", now.rss);
    before->user = now.user;
    before->system = now.system;
    before->seen = true;
}

static void forget_ended(struct metrics *m)
{
    struct counted *process, *next;
    HASH_ITER(hh, m->processes, process, next)
    {
        if (process->seen) {
            process->seen = false;
            continue;
        }
        HASH_DEL(m->processes, process);
        free(process);
    }
}

/* The process that the metadata is about goes into the set, the others are sent under their own
 * number each. */
static void add_processes(struct metrics *m, struct set *set, uint64_t all_ticks, bool sent)
{
    size_t count = watch_count(m->watch), others = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t pid = watch_pid(m->watch, i);
        if (pid == m->ring->owner_pid) {
            add_process(m, set, pid, all_ticks);
            continue;
        }
        if (++others > PROCESSES_MAX)
            continue;
        struct set own = {.metrics = m};
        const struct label label = {.key = "process_pid", .kind = LABEL_NUMBER, .number = pid};
        add_process(m, &own, pid, all_ticks);
        if (sent)
            send(&own, &label);
    }
    if (others > PROCESSES_MAX && !m->said_many++)
        log_warning("of %zu processes the metrics of %d are sent", others, PROCESSES_MAX);
    forget_ended(m);
}

/* Of the service, or of what is left of it. */
static struct cgroup_memory group_memory(const struct metrics *m)
{
    char proc[64];
    uint32_t pid = watch_count(m->watch) ? watch_pid(m->watch, 0) : (uint32_t)getpid();
    snprintf(proc, sizeof proc, "/proc/%" PRIu32, pid);
    return cgroup_memory_of(proc);
}

static void send_system(struct metrics *m)
{
    struct set set = {.metrics = m};
    struct proc_memory memory;
    struct proc_cpu cpu;
    uint64_t all = 0;
    struct cgroup_memory group = group_memory(m);
    if (proc_cpu(&cpu) == 0) {
        if (m->cpu.total && cpu.total > m->cpu.total) {
            all = cpu.total - m->cpu.total;
            add(&set, "system.cpu.total.norm.pct", (double)(cpu.busy - m->cpu.busy) / (double)all);
        }
        m->cpu = cpu;
    }
    if (proc_memory(&memory) == 0) {
        add(&set, "system.memory.total", memory.total);
        add(&set, "system.memory.actual.free", memory.free);
    }
    add(&set, "system.process.cgroup.memory.mem.limit.bytes", group.limit);
    add(&set, "system.process.cgroup.memory.mem.usage.bytes", group.used);
    add_processes(m, &set, all, true);
    send(&set, NULL);
}

/* What was dropped is counted and said. */
static void send_losses(struct metrics *m)
{
    static const char *const causes[LOSS_KINDS] = {
        "ring full", "signal during recording", "too large"};
    for (int i = 0; i < LOSS_KINDS; i++) {
        struct set set = {.metrics = m};
        uint64_t lost = atomic_load_explicit(&m->ring->lost[i], memory_order_relaxed);
        const struct label reason = {.key = "reason", .kind = LABEL_STRING, .string = causes[i]};
        if (lost != m->lost[i])
            add(&set, "apmshim.records.lost", (double)(lost - m->lost[i]));
        m->lost[i] = lost;
        send(&set, &reason);
    }
}

struct metrics *metrics_new(const struct options *options, const struct sink *sink,
    const struct ring *ring, const struct watch *watch)
{
    struct metrics *m = xcalloc(1, sizeof *m);
    m->options = options;
    m->sink = sink;
    m->ring = ring;
    m->watch = watch;
    m->disabled = wildcard_list_parse(options->disable_metrics);
    return m;
}

bool metrics_tick(struct metrics *m, uint64_t now_ns)
{
    uint64_t interval = (uint64_t)m->options->metrics_interval;
    if (!interval || now_ns < m->due)
        return false;
    bool first = !m->due;
    m->due = now_ns + interval;
    if (first) { /* what later figures are the difference from */
        struct set unsent = {.metrics = m};
        (void)proc_cpu(&m->cpu);
        add_processes(m, &unsent, 0, false);
        return false;
    }
    send_system(m);
    send_losses(m);
    return true;
}

void metrics_finish(struct metrics *m)
{
    struct counted *process, *next;
    if (m->options->metrics_interval > 0)
        send_losses(m);
    HASH_ITER(hh, m->processes, process, next)
    {
        HASH_DEL(m->processes, process);
        free(process);
    }
    wildcard_list_free(m->disabled);
    free(m);
}
