/* What recorder and forwarder both read of PostgreSQL's protocol (its documentation,
 * "Frontend/Backend Protocol"): how a client begins, how an answer ends, and how the next question
 * begins. The latter two are found again by the same rules where bytes before were not kept. */
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

/* What the server says at any time, whatever it was asked. */
static inline bool postgres_is_unasked(char type)
{
    return type == 'A' || type == 'N' || type == 'S';
}

/* The least length of a message that a client may begin with, when it is its turn; 0: there is none
 * of this type. */
static inline uint32_t postgres_least_length(char type)
{
    switch (type) {
    case 'Q':
        return 5;
    case 'P':
        return 8;
    case 'B':
        return 12;
    case 'C':
    case 'D':
        return 6;
    case 'E':
        return 9;
    case 'F':
        return 14;
    case 'H':
    case 'S':
    case 'X':
        return 4;
    default:
        return 0;
    }
}

/* Whether the bytes there, of a message that begins with them, are as its type has them. */
static inline bool postgres_may_be_message(const char *bytes, size_t n)
{
    uint32_t least = postgres_least_length(bytes[0]);
    if (!least || n < POSTGRES_HEADER)
        return least && (n < 2 || !bytes[1]);
    uint32_t length = postgres_number(bytes + 1);
    const char *body = bytes + POSTGRES_HEADER;
    size_t there = n - POSTGRES_HEADER < length - 4 ? n - POSTGRES_HEADER : length - 4;
    if (length < least || length >> 24 || (least == 4 && length != 4))
        return false;
    if (bytes[0] == 'Q' && there) { /* one text */
        const char *end = memchr(body, '\0', there);
        return !end || end == body + length - 5;
    }
    return !there || (bytes[0] != 'C' && bytes[0] != 'D') || body[0] == 'S' || body[0] == 'P';
}

/* Whether these bytes, at least one, look like what a client asks with: whole messages, and the
 * beginning of one more. Behind a gap in what it sent the framing is found again by that, where all
 * that it asked before has been answered. */
static inline bool postgres_asks(const char *bytes, size_t n)
{
    while (n) {
        if (!postgres_may_be_message(bytes, n))
            return false;
        size_t length = n < POSTGRES_HEADER ? n : (size_t)postgres_number(bytes + 1) + 1;
        if (length >= n)
            return true;
        bytes += length;
        n -= length;
    }
    return false;
}

#endif
