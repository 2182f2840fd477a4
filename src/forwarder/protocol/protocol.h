/* Parsers of what passes over a connection: pure functions of state and bytes.
 *
 * The recorder copies only a prefix (and the last bytes) of what passed, so a parser is fed *runs*:
 * the bytes that were kept and the length that really passed. A parser allocates nothing that
 * release() does not free, knows nothing of spans, descriptors or time, survives any cut of its
 * input, and reports through its listener. After feed() returned false it is never called again for
 * that conversation, not even finish(): whatever was open has been reported as ended. */
#ifndef APMSHIM_PROTOCOL_H
#define APMSHIM_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/bytes.h"

/* The side that opened the connection sends requests, the side that accepted it sends responses. */
enum direction { TO_SERVER, TO_CLIENT };

/* What one call moved: total bytes passed, of which the first head.len and the last tail.len are at
 * hand. If head.len == total the tail is empty; otherwise head and tail do not overlap. */
struct run {
    struct bytes head, tail;
    uint64_t total;
    bool frames;   /* HTTP/2: the head is all that wire/http2.h keeps of the total */
    bool gap;      /* what passed before it in this direction was lost */
    bool gap_back; /* the same of the other direction */
};

enum { BODY_BYTES_TOLD = 1024 };

enum sniff { SNIFF_NO, SNIFF_MORE, SNIFF_YES };

struct request_info {
    uint64_t stream;                /* tells requests of one conversation apart; never reused */
    struct bytes method, target;    /* target as received; empty: the protocol is not read */
    struct bytes version;           /* "1.1"; empty: unknown */
    struct bytes scheme, authority; /* empty: unknown */
    const struct header_view *headers;
    size_t header_count;
    struct bytes remote_address;         /* told by the protocol itself (FastCGI …); else empty */
    const struct header_view *variables; /* others that a gateway told, as they came */
    size_t variable_count;
    bool odd; /* no request of the protocol, but it was answered as one: what can be read of it */
};

struct header_view {
    struct bytes name, value;
};

/* Of the first field of this name; empty: there is none. */
static inline struct bytes header_find(
    const struct header_view *headers, size_t count, struct bytes name)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal_nocase(headers[i].name, name))
            return headers[i].value;
    return (struct bytes){"", 0};
}

struct response_info {
    uint64_t stream;
    int status; /* 0: the protocol is not read */
    const struct header_view *headers;
    size_t header_count;
};

/* Every member is called synchronously from feed() or finish(); views are valid during the call
 * only. For one stream the order is request, then any of request_end, response, response_end;
 * response_end comes once and last. complete says that the last byte of the response passed in the
 * run being fed, so that the exchange ended when that run did. Otherwise the end was not seen, or
 * was understood only later (the connection closed, framing was lost, a new request followed): if
 * there was a response, the exchange ended with the last bytes sent before. */
struct protocol_listener {
    void (*request)(void *self, const struct request_info *request);
    /* Of its body, from the beginning as far as it is kept without a gap, the first bytes. */
    void (*body)(void *self, uint64_t stream, struct bytes piece);
    void (*request_end)(void *self, uint64_t stream);
    void (*response)(void *self, const struct response_info *response);
    void (*response_end)(void *self, uint64_t stream, bool complete);
    /* Between response and response_end: fields behind the body, where they matter (gRPC's status).
     */
    void (*trailers)(void *self, const struct response_info *trailers);
    /* Before response_end: the client has withdrawn the request. */
    void (*withdrawn)(void *self, uint64_t stream);
    /* Before response_end, there was no response: what answered it cannot be read. */
    void (*unreadable)(void *self, uint64_t stream);
    /* Before response_end: the service had said before that it would not work on it. */
    void (*refused)(void *self, uint64_t stream);
    /* Before response_end: what the service wrote to standard error meanwhile, at least the last of
     * it. */
    void (*complained)(void *self, uint64_t stream, struct bytes text);
    /* Before response_end of what is open: it may have been answered, but that cannot be read. */
    void (*lost)(void *self);
    void *self;
};

struct protocol {
    const char *name;
    size_t state_size; /* all-zero is the initial state */
    /* Responses have no end that can be read. After some silence finish() is called to end what has
     * been answered; here, and only here, feed() may follow. */
    bool silence_ends;
    /* What the first bytes in this direction look like. */
    enum sniff (*sniff)(enum direction direction, struct bytes head);
    bool (*feed)(void *state, enum direction direction, const struct run *run,
        const struct protocol_listener *listener);
    /* The connection ended: reports what was still open. */
    void (*finish)(void *state, const struct protocol_listener *listener);
    void (*release)(void *state); /* frees what state owns; NULL if nothing */
};

extern const struct protocol http1_protocol, http2_protocol, fastcgi_protocol, scgi_protocol,
    uwsgi_protocol;

/* For conversations that none of them recognises. */
extern const struct protocol turns_protocol;
/* Whether a request in it is that of a TLS client: nothing that follows can be told apart. */
bool turns_is_ciphered(struct bytes request);

/* NULL-terminated, in the order in which they are asked. */
extern const struct protocol *const protocols[];

#endif
