/* What passed and could not be read is counted, and said. */
#include "base/wildcard.h"
#include "log.h"
#include "trace/state.h"
#include "trace/tracer.h"

static const struct {
    const char *reason; /* in metrics */
    const char *first;  /* in the log: what to do about it */
    const char *total;
} kinds[UNREAD_KINDS] = {
    [UNREAD_PART] = {"postgresql, part",
        "of a connection to PostgreSQL that no libpq makes more has passed than is kept: "
        "statements "
        "in between are missing, or have no result",
        "times statements on connections to PostgreSQL, or their results, were missing"},
    [UNREAD_REST] = {"postgresql, rest",
        "a connection to PostgreSQL can't be read any more: bytes of it are missing, and its "
        "client "
        "does not wait for answers",
        "connections to PostgreSQL could not be read to their end"},
    [UNREAD_PG_TLS] = {"postgresql, tls",
        "a connection to PostgreSQL is encrypted by a library that can't be read (Java's, Go's, "
        "rustls; OpenSSL's and GnuTLS' shared libraries can): its statements are told as calls of "
        "unknown content. With sslmode=disable, to this machine or to a pooler on it, they are "
        "read",
        "connections to PostgreSQL were TLS that is not ours to read"},
    [UNREAD_REQUESTS] = {"requests, rest",
        "an accepted connection can't be read any more, as bytes of it are missing: its later "
        "requests are not seen",
        "accepted connections could not be read to their end"},
    [UNREAD_TLS] = {"tls",
        "requests come by TLS of a library that can't be read (OpenSSL's and GnuTLS' shared "
        "libraries can): let a proxy before the service do TLS",
        "connections were TLS that is not ours to read"},
    [UNREAD_IO_URING] = {"io_uring",
        "the service uses io_uring: what passes through it can't be seen. Where its runtime can do "
        "without (by epoll), let it",
        "services moved bytes by io_uring"},
};

void unread_note(struct tracer *tracer, enum unread kind)
{
    if (!tracer->unread[kind].all++)
        log_warning("%s", kinds[kind].first);
}

void tracer_io_uring_used(struct tracer *tracer)
{
    if (!tracer->unread[UNREAD_IO_URING].all)
        unread_note(tracer, UNREAD_IO_URING);
}

void unread_send(struct tracer *tracer)
{
    static const char name[] = "apmshim.unread";
    struct wildcard_list *disabled = wildcard_list_parse(tracer->options->disable_metrics);
    bool wanted = tracer->sink->metricset && tracer->options->metrics_interval > 0 &&
                  !wildcard_list_match(disabled, bytes_of(name));
    for (int i = 0; i < UNREAD_KINDS; i++) {
        struct unread_count *count = &tracer->unread[i];
        const struct sample sample = {name, (double)(count->all - count->sent)};
        const struct label reason = {
            .key = "reason", .kind = LABEL_STRING, .string = kinds[i].reason};
        const struct metricset set = {.timestamp_us = epoch_us(tracer, tracer->now),
            .count = 1,
            .samples = &sample,
            .labels = {1, &reason}};
        if (wanted && count->all != count->sent)
            tracer->sink->metricset(tracer->sink->self, &set);
        count->sent = count->all;
    }
    wildcard_list_free(disabled);
}

void unread_log(const struct tracer *tracer)
{
    for (int i = 0; i < UNREAD_KINDS; i++)
        if (tracer->unread[i].all)
            log_info("%llu %s", (unsigned long long)tracer->unread[i].all, kinds[i].total);
}
