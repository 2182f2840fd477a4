/* What a service has been given to run better, or less, than others is not meant for the forwarder.
 */
#ifndef APMSHIM_ORDINARY_H
#define APMSHIM_ORDINARY_H

/* Gives up what this process has inherited: real-time scheduling, a negative nice value, its
 * share of processors, protection from the out-of-memory killer, a better I/O class, limits that
 * may be lifted, timers without
 * slack, a memory policy, the umask. What makes it humbler stays. To be called before any thread is
 * made. */
void ordinary_become(void);

#endif
