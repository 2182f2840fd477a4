/* One run's way through a conversation's parser, and what the parser reports: exchanges. */
#ifndef APMSHIM_EXCHANGES_H
#define APMSHIM_EXCHANGES_H

#include "trace/state.h"

/* What the listener needs to know of the run. */
struct turn {
    struct tracer *tracer;
    uint32_t pid;
    uint64_t thread;
    uint32_t tid;
    struct conversation *conversation;
    enum direction direction;
    uint64_t begin, end; /* of the run */
    bool killed;         /* the process ended without a call to exit */
    /* What the run was of: the last stream requested or answered, and how many there were. */
    uint64_t stream;
    unsigned streams;
    struct live_transaction *answered; /* held */
};

/* For a parser; it makes the turn's exchanges. */
struct protocol_listener exchanges_listener(struct turn *turn);
/* Ends what no parser will end. */
void exchanges_end(struct turn *turn);

#endif
