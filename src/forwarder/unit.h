/* The systemd unit whose main process this is. */
#ifndef APMSHIM_UNIT_H
#define APMSHIM_UNIT_H

#include "base/arena.h"

/* proc: the process' folder under /proc. NULL: it is none's, or one that is called like a program
 * that runs others: "gunicorn", "php8.2-fpm", "cron". */
const char *unit_of(struct arena *arena, const char *proc, int ppid);

#endif
