/* Collects lines into bodies; each is ended by its size, by its age, or by somebody in a hurry. */
#include "export/server.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "export/delivery.h"
#include "export/intake.h"
#include "log.h"

enum { REFUSES_ACTIVATION_METHOD = 0x080700, IGNORES_UNSAMPLED = 0x080000 }; /* server versions */
enum { PLAIN_SIZE_FACTOR = 8 /* what compression saves: bounds bodies alike without it */ };

struct server {
    const struct options *options;
    struct delivery *delivery;
    struct body_writer *writer;
    struct buf metadata;       /* first line of every body */
    struct buf plain_metadata; /* the same for a server that refuses activation_method */
    uint64_t events;           /* in the body at hand */
    uint64_t began;            /* ns of the first tick that saw them; 0: not yet */
    size_t size_max;
    bool hurried;
};

static void hand_over(struct server *s)
{
    if (!s->events)
        return;
    struct body *body = body_finish(s->writer);
    body->events = s->events;
    s->events = s->began = 0;
    s->hurried = false;
    delivery_post(s->delivery, body);
}

static bool wants_unsampled(void *self)
{
    const struct server *s = self;
    return delivery_server_version(s->delivery) < IGNORES_UNSAMPLED;
}

static void begin_body(struct server *s)
{
    bool plain = delivery_server_version(s->delivery) == REFUSES_ACTIVATION_METHOD;
    const struct buf *metadata = plain ? &s->plain_metadata : &s->metadata;
    body_add(s->writer, metadata->data, metadata->len);
}

static void add_line(void *self, const char *line, size_t len)
{
    struct server *s = self;
    if (!s->metadata.len) {
        buf_add(&s->metadata, line, len);
        return;
    }
    if (!s->events++)
        begin_body(s);
    body_add(s->writer, line, len);
    if (body_size(s->writer) >= s->size_max)
        hand_over(s);
}

static void hurry(void *self)
{
    struct server *s = self;
    s->hurried = true;
}

static void tick(void *self, uint64_t now_ns)
{
    struct server *s = self;
    if (s->events && !s->began)
        s->began = now_ns;
    bool old = s->began && now_ns - s->began >= (uint64_t)s->options->api_request_time;
    /* One request at a time for a storm of errors. */
    if (old || (s->hurried && delivery_idle(s->delivery)))
        hand_over(s);
}

static void flush(void *self, unsigned limit_ms)
{
    struct server *s = self;
    hand_over(s);
    delivery_wait(s->delivery, limit_ms);
}

static void finish(void *self, unsigned limit_ms)
{
    struct server *s = self;
    hand_over(s);
    delivery_stop(s->delivery, limit_ms);
    body_writer_free(s->writer);
    buf_free(&s->metadata);
    buf_free(&s->plain_metadata);
    free(s);
}

/* Within one machine bytes cost less than compressing them (transport specification). */
static bool is_local(const char *urls)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]", "[0:0:0:0:0:0:0:1]"};
    const char *host = strstr(urls, "://");
    if (!host || strchr(urls, ','))
        return false;
    host += strlen("://");
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        size_t len = strlen(hosts[i]);
        if (strncmp(host, hosts[i], len) == 0 && (!host[len] || strchr(":/", host[len])))
            return true;
    }
    return false;
}

bool server_open(
    const struct options *options, const struct metadata *metadata, struct line_writer *ret_writer)
{
    struct buf user_agent = {0};
    intake_user_agent(&user_agent, metadata);
    struct delivery *delivery = delivery_start(options, user_agent.data);
    buf_free(&user_agent);
    if (!delivery) {
        log_error("cannot send: no thread or memory for it");
        return false;
    }
    bool compress = !is_local(options->server_url);
    struct server *s = xcalloc(1, sizeof *s);
    s->options = options;
    s->delivery = delivery;
    s->writer = body_writer_new(compress);
    s->size_max = (size_t)options->api_request_size * (compress ? 1 : PLAIN_SIZE_FACTOR);
    struct metadata plain = *metadata;
    plain.activation_method = NULL;
    intake_encode_metadata(&s->plain_metadata, &plain);
    *ret_writer = (struct line_writer){add_line, hurry, tick, flush, finish, wants_unsampled, s};
    return true;
}
