/* Memory of the control group that a process is in. */
#ifndef APMSHIM_METRICS_CGROUP_H
#define APMSHIM_METRICS_CGROUP_H

/* Bytes, negative where unknown or not limited. */
struct cgroup_memory {
    double used, limit;
};

/* proc: the process' folder under /proc, whose cgroup and mountinfo tell where the group's files
 * are: of version 1 if that has the memory controller, else of version 2. */
struct cgroup_memory cgroup_memory_of(const char *proc);

#endif
