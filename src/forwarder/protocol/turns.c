/* Any protocol in which one side asks and the other answers, of which nothing else is known: what
 * the client sends until it is answered is a request, and what the service sends until the client
 * speaks again is the response. Requests that are sent before the last was answered count as one.
 *
 * What a service says before it was asked is its greeting. One that goes on speaking unasked
 * answers no requests: then the conversation is a stream, and none of our business. Nor is it
 * once it turns to TLS. */
#include "protocol/protocol.h"

enum { UNASKED_MAX = 8 };

struct turns {
    uint64_t stream; /* newest */
    bool open, answered;
    unsigned unasked; /* runs of the service in a row to which there is no request */
};

static enum sniff sniff(enum direction direction, struct bytes head)
{
    (void)direction;
    (void)head;
    return SNIFF_NO; /* recognised by nothing */
}

static void end(struct turns *turns, const struct protocol_listener *listener)
{
    if (!turns->open)
        return;
    turns->open = turns->answered = false;
    listener->response_end(listener->self, turns->stream, false);
}

/* A ClientHello in a record of SSL 3.0 to TLS 1.3 (RFC 8446, sections 4 and 5.1). */
bool turns_is_ciphered(struct bytes request)
{
    return request.len >= 6 && request.data[0] == 22 && request.data[1] == 3 &&
           (unsigned char)request.data[2] <= 4 && request.data[5] == 1;
}

static bool ask(
    struct turns *turns, struct bytes request_bytes, const struct protocol_listener *listener)
{
    if (turns->answered)
        end(turns, listener);
    turns->unasked = 0;
    if (turns->open)
        return true;
    if (turns_is_ciphered(request_bytes))
        return false;
    turns->open = true;
    struct request_info request = {.stream = ++turns->stream};
    listener->request(listener->self, &request);
    return true;
}

static bool answer(struct turns *turns, const struct protocol_listener *listener)
{
    if (!turns->open)
        return !turns->stream || ++turns->unasked < UNASKED_MAX;
    if (!turns->answered) {
        struct response_info response = {.stream = turns->stream};
        listener->response(listener->self, &response);
    }
    turns->answered = true;
    return true;
}

static bool feed(void *state, enum direction direction, const struct run *run,
    const struct protocol_listener *listener)
{
    return direction == TO_SERVER ? ask(state, run->head, listener) : answer(state, listener);
}

static void finish(void *state, const struct protocol_listener *listener)
{
    end(state, listener);
}

const struct protocol turns_protocol = {
    .name = "turns",
    .state_size = sizeof(struct turns),
    .silence_ends = true,
    .sniff = sniff,
    .feed = feed,
    .finish = finish,
};
