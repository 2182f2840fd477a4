/* A small HTTP service whose manners a test chooses: what it does before it listens, after that,
 * and before it serves. */
#ifndef FAULTS_SERVER_H
#define FAULTS_SERVER_H

#include <stddef.h>

struct server {
    int port, listener;
    size_t stack_size;        /* of the threads that serve; 0: the default */
    void (*connection)(void); /* != NULL: one process for each connection, which calls this first */
    int waits_for_all;        /* until it has no child of any kind, before it ends */
    int forks;                /* it has children of its own: their signals are not told */
};

struct manner {
    const char *name;
    void (*before)(struct server *); /* it listens; may be NULL */
    void (*after)(struct server *);  /* it listens, before it serves; may be NULL */
};

extern const struct manner manners[]; /* the last has no name */

/* For a manner that listens itself; a descriptor from before is kept. */
void server_listen(struct server *server);
/* Ends with this message if the condition does not hold: the test could not be done. */
void need(int condition, const char *message);
/* For the test to compare: a line of the report. */
void tell(const char *format, ...);

#endif
