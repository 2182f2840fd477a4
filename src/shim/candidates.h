/* The service's own connections of which it is not known yet whether they are recorded: their first
 * bytes will say, in however many pieces and calls they are sent. */
#ifndef APMSHIM_SHIM_CANDIDATES_H
#define APMSHIM_SHIM_CANDIDATES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum { FIRST_BYTES = 8 }; /* what PostgreSQL's clients begin with: a length and a code */

/* What has been sent so far; of a candidate. All-zero: nothing. */
struct first_bytes {
    uint8_t count;
    char bytes[FIRST_BYTES - 1]; /* with one more it would be known */
};

enum begins { BEGINS_OTHER, BEGINS_POSTGRES, BEGINS_UNKNOWN /* more has to come */ };

/* Nothing was sent yet. */
void candidate_begin(int fd);
void candidate_copy(int from, int to);
struct first_bytes candidate_sent(int fd);
/* What these are, sent behind what was sent before. */
enum begins candidate_begins(int fd, const char *bytes, size_t n);
/* They were sent, and it is still unknown. */
void candidate_keep(int fd, const char *bytes, size_t n);
/* The same question of a vector's bytes, where nothing was sent before. */
enum begins vector_begins(const struct iovec *iov, size_t count);

#endif
