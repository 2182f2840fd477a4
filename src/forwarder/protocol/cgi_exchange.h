/* Protocols in which a connection carries one request: a block of CGI variables with its length
 * before it, and a body; and the response, which lasts as long as the connection. */
#ifndef APMSHIM_CGI_EXCHANGE_H
#define APMSHIM_CGI_EXCHANGE_H

#include "base/buf.h"
#include "protocol/cgi_request.h"
#include "protocol/cgi_response.h"
#include "protocol/request_body.h"

/* How a protocol writes its variables. */
struct cgi_format {
    /* Where the block lies in what the connection begins with; MORE: not known yet. */
    enum sniff (*find_block)(struct bytes begin, size_t *ret_offset, size_t *ret_size);
    /* The next name or value of *rest, which it shortens; false if there is no whole one, then
     * what there is of it. */
    bool (*next_text)(struct bytes *rest, struct bytes *ret_text);
    size_t behind; /* bytes between the block and the body */
};

/* All-zero is the initial state. */
struct cgi_exchange {
    struct buf begin; /* of what the client sent, as long as the block is not complete */
    bool block_over, open;
    struct request_body body;
    struct cgi_response response;
};

/* As the members of struct protocol. */
bool cgi_exchange_feed(struct cgi_exchange *exchange, const struct cgi_format *format,
    enum direction direction, const struct run *run, const struct protocol_listener *listener);
void cgi_exchange_finish(struct cgi_exchange *exchange, const struct cgi_format *format,
    const struct protocol_listener *listener);
void cgi_exchange_release(void *exchange);

/* Defines NAME_protocol from the file's own find_block and next_text. */
#define CGI_EXCHANGE_PROTOCOL(NAME, BEHIND)                                                        \
    static const struct cgi_format format = {find_block, next_text, BEHIND};                       \
    static enum sniff sniff(enum direction direction, struct bytes head)                           \
    {                                                                                              \
        size_t offset, size;                                                                       \
        return direction == TO_SERVER ? find_block(head, &offset, &size) : SNIFF_NO;               \
    }                                                                                              \
    static bool feed(void *state, enum direction direction, const struct run *run,                 \
        const struct protocol_listener *listener)                                                  \
    {                                                                                              \
        return cgi_exchange_feed(state, &format, direction, run, listener);                        \
    }                                                                                              \
    static void finish(void *state, const struct protocol_listener *listener)                      \
    {                                                                                              \
        cgi_exchange_finish(state, &format, listener);                                             \
    }                                                                                              \
    const struct protocol NAME##_protocol = {                                                      \
        .name = #NAME,                                                                             \
        .state_size = sizeof(struct cgi_exchange),                                                 \
        .sniff = sniff,                                                                            \
        .feed = feed,                                                                              \
        .finish = finish,                                                                          \
        .release = cgi_exchange_release,                                                           \
    };

#endif
