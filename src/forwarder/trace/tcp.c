#include "trace/tcp.h"

#include <stdlib.h>

struct bytes tcp_name(const char *names, uint16_t port)
{
    while (names && *names) {
        char *end;
        size_t item = strcspn(names, ",");
        unsigned long number = strtoul(names, &end, 10);
        if (number == port && port && *end == '=' && end < names + item)
            return bytes_trim((struct bytes){end + 1, (size_t)(names + item - end - 1)});
        names += item + (names[item] == ',');
    }
    return (struct bytes){NULL, 0};
}

struct live_transaction *tcp_transaction(
    struct tracer *tracer, const struct conversation *conversation, uint64_t time)
{
    struct live_transaction *t = transaction_begin(tracer, "tcp", time);
    struct bytes name = tcp_name(tracer->options->tcp_names, conversation->port);
    if (name.len)
        t->event.name = arena_bytes(&t->arena, name);
    else if (conversation->port)
        t->event.name = arena_printf(&t->arena, "tcp %u", conversation->port);
    else
        t->event.name = "tcp";
    return t;
}

void tcp_response(struct live_transaction *t)
{
    t->event.result = "answered";
    t->event.outcome = OUTCOME_SUCCESS;
}
