#include "export/delivery.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "export/post.h"
#include "export/spool.h"
#include "log.h"
#include "signals.h"

enum { SERVERS_MAX = 8, HELD_BYTES_MAX = 16 << 20, BACKOFF_MAX = 6 };
/* How long stopping may take after SIGTERM. A post that waits sees its limit up to a second late.
 */
enum { TERMINATED_LIMIT_MS = 1000, STOP_LOOK_MS = 20 };

#define SECOND_NS UINT64_C(1000000000)

struct delivery {
    struct arena arena;
    const char *servers[SERVERS_MAX];
    uint64_t not_before[SERVERS_MAX]; /* as each has asked itself. The delivery's thread alone */
    size_t server_count;
    struct poster *poster;
    struct spool *spool; /* NULL: none. Under the lock */
    pthread_t thread;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    struct body *first, **last; /* waiting, oldest first; the one under way is not among them */
    size_t held;                /* bytes waiting */
    bool busy, stopping, finished;
    uint64_t retry_at; /* 0: not failing */
    uint64_t stopping_since;
    uint64_t stop_limit; /* ns that each body has once it is stopping */
    _Atomic uint64_t abort_at, stop_asking_at;
    _Atomic uint32_t version;
    bool asked; /* the delivery's thread alone: the server at hand for its version */
    uint64_t sent, lost, lost_by_bound, spooled;
};

static uint64_t monotonic(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

/* Until something changes or the time has come. The lock is held. */
static void wait_until(struct delivery *d, uint64_t time)
{
    struct timespec at = {
        .tv_sec = (time_t)(time / SECOND_NS), .tv_nsec = (long)(time % SECOND_NS)};
    pthread_cond_timedwait(&d->changed, &d->lock, &at);
}

static struct body *take_first(struct delivery *d)
{
    struct body *body = d->first;
    d->first = body->next;
    if (!d->first)
        d->last = &d->first;
    body->next = NULL;
    d->held -= body->bytes.len;
    return body;
}

static uint64_t backoff(unsigned failures)
{
    uint64_t n = failures < BACKOFF_MAX ? failures : BACKOFF_MAX;
    uint64_t tenth = n * n * SECOND_NS / 10;
    return n * n * SECOND_NS - tenth + (tenth ? (uint64_t)random() % (2 * tenth) : 0);
}

/* What surely was not taken, and will not be tried again here. The lock is held. */
static void keep_for_later(struct delivery *d, const struct body *body, uint64_t *lost)
{
    if (d->spool && spool_put(d->spool, body, lost))
        d->spooled += body->events;
    else
        *lost += body->events;
}

/* Tries a body until it is accepted or lost, or there is no time left. Called without the lock. */
static enum post_result deliver(
    struct delivery *d, const struct body *body, size_t *server, unsigned *failures)
{
    uint64_t lost;
    for (;;) {
        enum post_result result =
            poster_post(d->poster, d->servers[*server], body, &d->abort_at, &lost);
        pthread_mutex_lock(&d->lock);
        if (result != POST_ACCEPTED) {
            d->not_before[*server] = monotonic() + poster_retry_after(d->poster);
            d->asked = false;
            *server = (*server + 1) % d->server_count;
            d->retry_at = monotonic() + backoff((*failures)++);
            if (d->retry_at < d->not_before[*server])
                d->retry_at = d->not_before[*server];
        } else {
            *failures = 0;
            d->retry_at = 0;
        }
        bool again = result == POST_NOT_TAKEN && !d->stopping;
        pthread_cond_broadcast(&d->changed);
        while (d->retry_at && !d->stopping && monotonic() < d->retry_at)
            wait_until(d, d->retry_at);
        if (!again && result != POST_NOT_TAKEN) {
            d->sent += body->events - lost;
            d->lost += lost;
        }
        pthread_mutex_unlock(&d->lock);
        if (!again)
            return result;
    }
}

/* Whatever the answer, nothing waits for it but what is sent next. */
static void ask_version(struct delivery *d, size_t server)
{
    if (d->asked)
        return;
    uint32_t version = poster_ask_version(d->poster, d->servers[server], &d->stop_asking_at);
    atomic_store_explicit(&d->version, version, memory_order_relaxed);
    d->asked = true;
}

uint32_t delivery_server_version(struct delivery *d)
{
    return atomic_load_explicit(&d->version, memory_order_relaxed);
}

/* From the spool while nothing else waits and the server takes what it gets. The lock is held. */
static struct body *next_body(struct delivery *d, unsigned failures, bool *ret_spooled)
{
    *ret_spooled = false;
    if (d->first)
        return take_first(d);
    struct body *body =
        d->spool && !d->stopping && !failures ? spool_take(d->spool, &d->lost) : NULL;
    *ret_spooled = body != NULL;
    return body;
}

/* For what is tried now. */
static uint64_t stop_by(const struct delivery *d)
{
    uint64_t by = monotonic() + d->stop_limit, terminated = signals_terminated_at();
    uint64_t from = terminated > d->stopping_since ? terminated : d->stopping_since;
    uint64_t latest = from + TERMINATED_LIMIT_MS * UINT64_C(1000000);
    return terminated && latest < by ? latest : by;
}

/* The lock is held, but not meanwhile. */
static void attend_to(
    struct delivery *d, struct body *body, bool spooled, size_t *server, unsigned *failures)
{
    bool stopping = d->stopping;
    d->busy = true;
    if (stopping)
        atomic_store(&d->abort_at, stop_by(d));
    pthread_mutex_unlock(&d->lock);
    if (!stopping)
        ask_version(d, *server);
    enum post_result result = deliver(d, body, server, failures);
    pthread_mutex_lock(&d->lock);
    if (spooled)
        spool_done(d->spool, result == POST_NOT_TAKEN);
    else if (result == POST_NOT_TAKEN)
        keep_for_later(d, body, &d->lost);
    body_free(body);
    d->busy = false;
    pthread_cond_broadcast(&d->changed);
}

static void *work(void *self)
{
    struct delivery *d = self;
    size_t server = 0;
    unsigned failures = 0;
    bool spooled;
    ask_version(d, server);
    pthread_mutex_lock(&d->lock);
    while (d->first || !d->stopping) {
        struct body *body = next_body(d, failures, &spooled);
        if (!body) {
            pthread_cond_wait(&d->changed, &d->lock);
            continue;
        }
        attend_to(d, body, spooled, &server, &failures);
        if (d->stopping && failures) /* whatever else waits would fail as well */
            break;
    }
    d->finished = true;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

static void split_servers(struct delivery *d, const char *urls)
{
    char *rest = arena_string(&d->arena, urls), *url;
    while ((url = strtok_r(rest, ", ", &rest)) && d->server_count < SERVERS_MAX) {
        size_t len = strlen(url);
        while (len && url[len - 1] == '/')
            url[--len] = '\0';
        d->servers[d->server_count++] = url;
    }
    if (!d->server_count)
        d->servers[d->server_count++] = "http://127.0.0.1:8200";
}

/* Signals are the main thread's. */
static bool start_thread(struct delivery *d)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&d->thread, NULL, work, d) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static void free_delivery(struct delivery *d)
{
    if (d->poster)
        poster_free(d->poster);
    spool_close(d->spool);
    while (d->first)
        body_free(take_first(d));
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    arena_free(&d->arena);
    free(d);
}

struct delivery *delivery_start(const struct options *options, const char *user_agent)
{
    struct delivery *d = xcalloc(1, sizeof *d);
    pthread_condattr_t monotonic_clock;
    pthread_condattr_init(&monotonic_clock);
    pthread_condattr_setclock(&monotonic_clock, CLOCK_MONOTONIC);
    pthread_cond_init(&d->changed, &monotonic_clock);
    pthread_condattr_destroy(&monotonic_clock);
    pthread_mutex_init(&d->lock, NULL);
    d->last = &d->first;
    split_servers(d, options->server_url);
    d->spool = spool_open(options);
    d->poster = poster_new(options, user_agent);
    if (d->poster && start_thread(d))
        return d;
    free_delivery(d);
    return NULL;
}

void delivery_post(struct delivery *d, struct body *body)
{
    pthread_mutex_lock(&d->lock);
    *d->last = body;
    d->last = &body->next;
    d->held += body->bytes.len;
    while (d->held > HELD_BYTES_MAX) {
        struct body *oldest = take_first(d);
        keep_for_later(d, oldest, &d->lost_by_bound);
        body_free(oldest);
    }
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

bool delivery_idle(struct delivery *d)
{
    pthread_mutex_lock(&d->lock);
    bool idle = !d->first && !d->busy;
    pthread_mutex_unlock(&d->lock);
    return idle;
}

bool delivery_wait(struct delivery *d, unsigned limit_ms)
{
    uint64_t until = monotonic() + limit_ms * UINT64_C(1000000);
    pthread_mutex_lock(&d->lock);
    while ((d->first || d->busy) && !d->retry_at && monotonic() < until)
        wait_until(d, until);
    bool idle = !d->first && !d->busy;
    pthread_mutex_unlock(&d->lock);
    return idle;
}

static void log_result(const struct delivery *d)
{
    log_info("%" PRIu64 " events delivered", d->sent);
    if (d->spooled)
        log_info("%" PRIu64 " events put into the spool", d->spooled);
    if (d->lost)
        log_warning("%" PRIu64 " events lost: not delivered", d->lost);
    if (d->lost_by_bound)
        log_warning("%" PRIu64 " events lost: the server failed for too long", d->lost_by_bound);
}

/* SIGTERM may come meanwhile. The lock is held. */
static void wait_for_thread(struct delivery *d)
{
    while (!d->finished) {
        uint64_t by = stop_by(d);
        if (signals_terminated_at() && by < atomic_load(&d->abort_at))
            atomic_store(&d->abort_at, by);
        wait_until(d, monotonic() + STOP_LOOK_MS * UINT64_C(1000000));
    }
}

void delivery_stop(struct delivery *d, unsigned limit_ms)
{
    pthread_mutex_lock(&d->lock);
    d->stopping_since = monotonic();
    d->stop_limit = limit_ms * UINT64_C(1000000);
    atomic_store(&d->abort_at, stop_by(d));
    atomic_store(&d->stop_asking_at, 1);
    d->stopping = true;
    pthread_cond_broadcast(&d->changed);
    wait_for_thread(d);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL);
    for (const struct body *body = d->first; body; body = body->next)
        keep_for_later(d, body, &d->lost);
    log_result(d);
    free_delivery(d);
}
