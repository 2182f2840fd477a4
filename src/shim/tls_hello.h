/* The beginning of a TLS connection: its ClientHello's record, as far as the client's random bytes
 * (RFC 8446, sections 4.1.2 and 5.1; in their place since SSL 3.0). They name the connection: the
 * TLS library knows them too. The bytes are the peer's; they are copied and compared, never
 * followed. */
#ifndef APMSHIM_SHIM_TLS_HELLO_H
#define APMSHIM_SHIM_TLS_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    TLS_RANDOM_SIZE = 32,
    TLS_RANDOM_SKIPPED = 16, /* the second half is enough, and never a time */
    TLS_RANDOM_AT = 11,      /* in the record */
    TLS_HELLO_SNIFF = 3,
    TLS_HELLO_BYTES = TLS_RANDOM_AT + TLS_RANDOM_SIZE,
};

struct tls_random {
    uint8_t bytes[TLS_RANDOM_SIZE - TLS_RANDOM_SKIPPED];
};

/* All-zero: nothing seen yet. */
struct tls_hello {
    struct tls_random random;
    uint8_t seen; /* bytes of the record, up to TLS_HELLO_BYTES */
};

/* Whether these, at least one, begin a handshake record of any version. */
static inline bool tls_hello_begins(const char *bytes, size_t n)
{
    return bytes[0] == 0x16 && (n < 2 || bytes[1] == 3) && (n < 3 || (uint8_t)bytes[2] <= 4);
}

static inline bool tls_hello_complete(const struct tls_hello *hello)
{
    return hello->seen == TLS_HELLO_BYTES;
}

/* The next bytes; true when the random bytes have just become complete. */
static inline bool tls_hello_take(struct tls_hello *hello, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n && hello->seen < TLS_HELLO_BYTES; i++, hello->seen++)
        if (hello->seen >= TLS_RANDOM_AT + TLS_RANDOM_SKIPPED)
            hello->random.bytes[hello->seen - TLS_RANDOM_AT - TLS_RANDOM_SKIPPED] =
                (uint8_t)bytes[i];
    return tls_hello_complete(hello);
}

static inline bool tls_hello_is(const struct tls_hello *hello, const struct tls_random *random)
{
    return tls_hello_complete(hello) && memcmp(&hello->random, random, sizeof *random) == 0;
}

#endif
