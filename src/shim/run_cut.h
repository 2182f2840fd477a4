/* Which bytes of what a call moved become records: one record, but for what gateways and FastCGI
 * services say. */
#ifndef APMSHIM_SHIM_RUN_CUT_H
#define APMSHIM_SHIM_RUN_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* [from, from + total) of what passed, of which the first and the last bytes are kept. */
struct run_piece {
    uint64_t from, total;
    size_t head, tail;
};

/* What stands before the answer: messages of FastCGI's standard error. */
struct run_errors {
    uint64_t total;
    uint64_t last; /* where the last record of them begins */
};

enum { RUN_PIECES_MAX = 6 };

/* Whether a call sends some; of as many bytes of it as are at hand. */
bool run_errors_begin(const char *bytes, size_t n);
struct run_errors run_errors_find(const char *bytes, size_t n);
/* What is kept of them, as up to two pieces; returns how many. The last of them says most: a fatal
 * error ends the script. */
int run_errors_cut(const struct run_errors *errors, uint64_t at_hand, struct run_piece *pieces);
/* Cuts a piece into as many as it takes for records of most bytes each; returns how many. */
int run_cut(struct run_piece piece, size_t most, struct run_piece *pieces);

#endif
