#include "candidates.h"

#include <string.h>

#include "caller.h"
#include "fds.h"
#include "scratch.h"
#include "wire/postgres.h"

static struct first_bytes firsts[FDS_MAX]; /* touched as far as used */

void candidate_begin(int fd)
{
    firsts[fd].count = 0;
}

void candidate_copy(int from, int to)
{
    firsts[to] = firsts[from];
}

struct first_bytes candidate_sent(int fd)
{
    return firsts[fd];
}

/* A length that fits the code. As long as bytes are missing, they are those that fit. */
static enum begins begins(const uint8_t first[FIRST_BYTES], size_t n)
{
    uint32_t length = postgres_number(first);
    if (n < 4)
        return (n > 0 && first[0]) || (n > 1 && first[1]) ? BEGINS_OTHER : BEGINS_UNKNOWN;
    if (length < 8 || length > POSTGRES_STARTUP_MAX)
        return BEGINS_OTHER;
    if (n == FIRST_BYTES)
        return postgres_begins(length, postgres_number(first + 4)) ? BEGINS_POSTGRES : BEGINS_OTHER;
    bool session = (n < 5 || first[4] == POSTGRES_STARTUP >> 24) &&
                   (n < 6 || first[5] == (POSTGRES_STARTUP >> 16 & 0xff));
    bool request = (n < 5 || first[4] == POSTGRES_SSL_REQUEST >> 24) &&
                   (n < 6 || first[5] == (POSTGRES_SSL_REQUEST >> 16 & 0xff));
    return session || request ? BEGINS_UNKNOWN : BEGINS_OTHER;
}

enum begins candidate_begins(int fd, const char *bytes, size_t n)
{
    const struct first_bytes *sent = &firsts[fd];
    uint8_t first[FIRST_BYTES];
    size_t room = FIRST_BYTES - sent->count;
    memcpy(first, sent->bytes, sent->count);
    memcpy(first + sent->count, bytes, n < room ? n : room);
    return begins(first, sent->count + (n < room ? n : room));
}

void candidate_keep(int fd, const char *bytes, size_t n)
{
    struct first_bytes *sent = &firsts[fd];
    for (size_t i = 0; i < n && sent->count < sizeof sent->bytes; i++)
        sent->bytes[sent->count++] = bytes[i];
}

enum begins vector_begins(const struct iovec *iov, size_t count)
{
    struct caller caller = {0};
    struct iovec piece;
    uint8_t first[FIRST_BYTES] = {0};
    size_t n = 0;
    for (size_t i = 0; i < count && i < SCRATCH_IOVS && n < sizeof first; i++) {
        if (caller_copy(&caller, &piece, iov + i, sizeof piece) != sizeof piece)
            return BEGINS_OTHER;
        size_t part = piece.iov_len < sizeof first - n ? piece.iov_len : sizeof first - n;
        if (caller_copy(&caller, first + n, piece.iov_base, part) != part)
            return BEGINS_OTHER;
        n += part;
    }
    return begins(first, n);
}
