/* What recorder and forwarder both read of PostgreSQL's protocol (its documentation,
 * "Frontend/Backend Protocol"): how a client begins, and how an answer ends, which is found again
 * by the same rule where bytes in its middle were not kept. */
#ifndef APMSHIM_WIRE_POSTGRES_H
#define APMSHIM_WIRE_POSTGRES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What a client's first message asks for; of STARTUP the upper half counts. */
enum postgres_code {
    POSTGRES_STARTUP = 3 << 16,
    POSTGRES_SSL_REQUEST = 1234 << 16 | 5679,
    POSTGRES_GSS_REQUEST = 1234 << 16 | 5680,
    POSTGRES_CANCEL = 1234 << 16 | 5678
};

enum { POSTGRES_HEADER = 5, POSTGRES_READY = 6 }; /* bytes; of ReadyForQuery all */
enum {
    POSTGRES_STARTUP_MIN = 9,
    POSTGRES_STARTUP_MAX = 10000,
    POSTGRES_CANCEL_MIN = 16,
    POSTGRES_CANCEL_MAX = 268 /* with the longest key */
};

/* Of the four bytes there. */
static inline uint32_t postgres_number(const void *bytes)
{
    const uint8_t *b = bytes;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static inline bool postgres_is_startup(uint32_t code)
{
    return (code & 0xffff0000) == POSTGRES_STARTUP;
}

static inline bool postgres_is_request(uint32_t code)
{
    return code == POSTGRES_SSL_REQUEST || code == POSTGRES_GSS_REQUEST;
}

/* Whether a client that speaks the protocol begins with this length and this code. */
static inline bool postgres_begins(uint32_t length, uint32_t code)
{
    if (code == POSTGRES_CANCEL)
        return length >= POSTGRES_CANCEL_MIN && length <= POSTGRES_CANCEL_MAX;
    return postgres_is_startup(code)
               ? length >= POSTGRES_STARTUP_MIN && length <= POSTGRES_STARTUP_MAX
               : postgres_is_request(code) && length == 8;
}

/* How many of the last bytes are whole messages that end an answer: CommandComplete or an error, if
 * they are there, and ReadyForQuery. 0: they do not look like that. */
static inline size_t postgres_answer_end(const char *bytes, size_t n)
{
    if (n < POSTGRES_READY || memcmp(bytes + n - POSTGRES_READY, "Z\0\0\0\5", 5) != 0 ||
        !strchr("ITE", bytes[n - 1]))
        return 0;
    for (size_t i = 0; i + POSTGRES_HEADER + POSTGRES_READY <= n; i++) {
        uint32_t length = postgres_number(bytes + i + 1);
        if ((bytes[i] == 'C' || bytes[i] == 'E') && length >= 4 &&
            i + 1 + length + POSTGRES_READY == n)
            return n - i;
    }
    return POSTGRES_READY;
}

#endif
