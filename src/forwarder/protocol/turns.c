/* Any protocol in which one side asks and the other answers, of which nothing else is known: what
 * the client sends until it is answered is a request, and what the service sends until the client
 * speaks again is the response. Requests that are sent before the last was answered count as one.
 *
 * What a service says before it was asked is its greeting. One that goes on speaking unasked
 * answers no requests: then the conversation is a stream, and none of our business. */
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

static void ask(struct turns *turns, const struct protocol_listener *listener)
{
    if (turns->answered)
        end(turns, listener);
    turns->unasked = 0;
    if (turns->open)
        return;
    turns->open = true;
    struct request_info request = {.stream = ++turns->stream};
    listener->request(listener->self, &request);
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
    (void)run;
    if (direction == TO_CLIENT)
        return answer(state, listener);
    ask(state, listener);
    return true;
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
