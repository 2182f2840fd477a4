#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "collect.h"
#include "drain.h"
#include "export/sinks.h"
#include "io_uring.h"
#include "log.h"
#include "metadata.h"
#include "metrics/metrics.h"
#include "options.h"
#include "signals.h"
#include "waited.h"
#include "watch.h"

enum {
    WAIT_BUSY_MS = 25, /* between passes while records come */
    WAIT_IDLE_MS = 50,
    FINISH_LIMIT_MS = 10000,
    FLUSH_LIMIT_MS = 1500,
    OWNER_WAIT_MS = 1000, /* for the first process record, which says who the service is */
    LOOKS_WAITED = 2,
};

#define KEEP_EVERY_NS UINT64_C(1000000000)
#define TICK_EVERY_NS UINT64_C(100000000)
#define LOOK_EVERY_NS UINT64_C(250000000)
/* After SIGTERM: whoever sent it kills all that is left after a while (systemd: 90 s). */
#define HURRY_EVERY_NS UINT64_C(500000000)
#define HURRY_FOR_NS UINT64_C(600000000000)

struct service {
    int ring_fd;
    struct ring *ring;
    size_t ring_bytes;
    const struct options *options;
    struct metadata *metadata;
    struct sink *sink;
    struct tracer *tracer;
    struct collector *collector;
    struct drain *drain;
    struct watch *watch;
    struct metrics *metrics;
    struct recording *recording;
    uint64_t ticked, kept, hurried, looked;
    unsigned waited; /* looks in a row that found the service waiting for us */
    uint32_t flushed;
    size_t looked_into; /* processes, so far */
    unsigned finish_limit_ms;
};

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t monotonic(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static bool map_ring(struct service *s)
{
    struct stat st;
    if (fstat(s->ring_fd, &st) < 0 || (size_t)st.st_size < ring_size(RING_CHUNKS_LEAST))
        return false;
    s->ring_bytes = (size_t)st.st_size;
    (void)fchmod(s->ring_fd, 0600); /* a memfd is open to all who see it */
    s->ring = mmap(NULL, s->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, s->ring_fd, 0);
    size_t chunks = (s->ring_bytes - RING_HEADER_SIZE) / CHUNK_SIZE;
    ring_reader_limit(chunks < RING_CHUNKS_MAX ? (uint32_t)chunks : RING_CHUNKS_MAX);
    return s->ring != MAP_FAILED;
}

static bool ring_is_ours(const struct service *s)
{
    const struct ring *ring = s->ring;
    if (ring->magic == RING_MAGIC && ring->version != WIRE_VERSION)
        log_error("nothing is traced: the recorder is of version %u of the ring, this forwarder "
                  "of version %u",
            ring->version, WIRE_VERSION);
    return ring->magic == RING_MAGIC && ring->version == WIRE_VERSION &&
           ring->chunk_size == CHUNK_SIZE;
}

/* The ring outlives a forwarder, what it had taken from the ring does not. */
static void succeed(struct service *s)
{
    if (atomic_fetch_add(&s->ring->reader_generation, 1) > 0)
        log_error("started again after a crash: of %llu records taken before, those not yet "
                  "delivered are lost",
            (unsigned long long)atomic_load(&s->ring->taken));
}

/* What the recorder need not copy because nobody wants it. */
static void tell_recorder(struct service *s)
{
    int64_t frames = s->options->stack_trace_limit;
    if (frames < 0 || frames > STACK_FRAMES_MAX)
        frames = STACK_FRAMES_MAX;
    atomic_store_explicit(&s->ring->stack_limit, (uint32_t)frames, memory_order_relaxed);
    uint32_t sql = s->options->sql == SQL_OFF ? 0 : SQL_BYTES_MAX;
    atomic_store_explicit(&s->ring->sql_limit, sql, memory_order_relaxed);
    uint32_t capture = (s->options->sql_parameters && sql ? PG_CAPTURE_PARAMETERS : 0) |
                       (s->options->sql_error_detail && sql ? PG_CAPTURE_DETAIL : 0);
    atomic_store_explicit(&s->ring->pg_capture, capture, memory_order_relaxed);
    atomic_store_explicit(
        &s->ring->header_less, !s->options->capture_headers, memory_order_relaxed);
}

static void on_process(void *self, uint32_t pid)
{
    struct service *s = self;
    watch_add(s->watch, pid);
}

static void on_ended(void *self, uint32_t pid)
{
    struct service *s = self;
    drain_process_ended(s->drain, pid, monotonic());
}

/* The owner's own words about itself, or what /proc still says. */
static void learn_service(struct service *s)
{
    uint64_t until = monotonic() + OWNER_WAIT_MS * UINT64_C(1000000);
    uint32_t pid = s->ring->owner_pid;
    struct timespec pause = {.tv_nsec = 1000000};
    while (!drain_owner(s->drain) && monotonic() < until && watch_thread_alive(pid)) {
        drain_pass(s->drain, 0, false); /* takes, hands nothing over */
        nanosleep(&pause, NULL);
    }
    drain_pass(s->drain, 0, false);
    const struct rec_process *owner = drain_owner(s->drain);
    s->metadata = owner ? metadata_new(s->options, owner) : metadata_of_process(s->options, pid);
}

static bool start(struct service *s)
{
    struct stat st;
    if (!map_ring(s) || fstat(s->ring_fd, &st) < 0)
        return false;
    s->options = options_load();
    log_open(s->options);
    if (!ring_is_ours(s))
        return false;
    tell_recorder(s);
    succeed(s);
    s->watch = watch_new(st.st_ino, s->ring->owner_pid);
    size_t wanted = (size_t)s->options->ring_size;
    s->collector =
        collector_new(s->ring, s->ring_fd, wanted < s->ring_bytes ? wanted : s->ring_bytes);
    collector_thread(s->collector);
    if (s->options->record)
        s->recording = recording_create(s->options->record, s->ring->realtime_offset);
    /* The sink is filled in once the service is known, before anything is handed over. */
    s->sink = xcalloc(1, sizeof *s->sink);
    s->tracer = tracer_new(s->options, s->sink, s->ring->realtime_offset);
    s->drain = drain_new(s->collector, s->ring->owner_pid, s->tracer, s->recording);
    drain_on_process(s->drain, on_process, s);
    learn_service(s);
    s->metrics = metrics_new(s->options, s->sink, s->ring, s->watch);
    (void)sinks_open(s->options, s->metadata, s->sink); /* what fails was said; the rest works */
    return true;
}

/* A service that is a container's pid 1 waits for this before it ends. */
static void serve_flush(struct service *s, uint64_t now)
{
    uint32_t wanted = atomic_load(&s->ring->flush_wanted);
    if (wanted == s->flushed)
        return;
    drain_pass(s->drain, now, true);
    transactions_flush(s->tracer);
    if (s->sink->flush)
        s->sink->flush(s->sink->self, FLUSH_LIMIT_MS);
    s->flushed = wanted;
    atomic_store(&s->ring->flush_done, wanted);
}

/* Told to end, we stay for as long as the service does, and keep as little as possible to us. */
static void hurry(struct service *s, uint64_t now)
{
    uint64_t terminated = signals_terminated_at();
    if (!terminated || now - s->hurried < HURRY_EVERY_NS || now > terminated + HURRY_FOR_NS)
        return;
    if (!s->hurried)
        log_info("SIGTERM: goes on until the service has ended");
    s->hurried = now;
    if (s->sink->flush)
        s->sink->flush(s->sink->self, 0);
    if (s->recording)
        recording_flush(s->recording);
}

/* At one process each time. */
static void look_for_io_uring(struct service *s)
{
    size_t count = watch_count(s->watch);
    if (count && io_uring_used((pid_t)watch_pid(s->watch, s->looked_into++ % count)))
        tracer_io_uring_used(s->tracer);
}

static void housekeeping(struct service *s, uint64_t now)
{
    serve_flush(s, now);
    hurry(s, now);
    if (now - s->ticked >= TICK_EVERY_NS) {
        s->ticked = now;
        tracer_tick(s->tracer, now);
        if (metrics_tick(s->metrics, now))
            tracer_send_metrics(s->tracer);
        if (s->sink->tick)
            s->sink->tick(s->sink->self, now);
    }
    if (now - s->kept >= KEEP_EVERY_NS) {
        s->kept = now;
        watch_look_for_programs(s->watch, on_ended, s);
        look_for_io_uring(s);
        tracer_set_realtime_offset(s->tracer, clock_ns(CLOCK_REALTIME) - monotonic());
        if (s->recording)
            recording_flush(s->recording);
    }
}

static void log_losses(const struct service *s)
{
    static const char *const causes[LOSS_KINDS] = {
        "ring full", "signal during recording", "too large"};
    for (int i = 0; i < LOSS_KINDS; i++) {
        uint64_t lost = atomic_load(&s->ring->lost[i]);
        if (lost)
            log_warning("%llu records lost: %s", (unsigned long long)lost, causes[i]);
    }
}

/* The service waits for the end of us. It comes before what may still be recorded. */
static bool is_waited_for(struct service *s, uint64_t now)
{
    if (now - s->looked < LOOK_EVERY_NS)
        return false;
    s->looked = now;
    s->waited = waited_for() ? s->waited + 1 : 0;
    if (s->waited < LOOKS_WAITED)
        return false;
    log_warning("the service waits until it has no child, not even the one that keeps us "
                "(apmshim-keeper): recording ends here");
    s->finish_limit_ms = FLUSH_LIMIT_MS;
    return true;
}

/* Nobody is to wait for what nobody will do. */
static void flush_no_more(struct service *s)
{
    atomic_store(&s->ring->flush_done, atomic_load(&s->ring->flush_wanted) + INT32_MAX);
}

static void finish(struct service *s)
{
    drain_pass(s->drain, monotonic(), true);
    tracer_finish(s->tracer);
    metrics_finish(s->metrics);
    log_losses(s);
    if (s->sink->finish)
        s->sink->finish(s->sink->self, s->finish_limit_ms);
    flush_no_more(s);
    if (s->recording)
        recording_close(s->recording);
    drain_free(s->drain);
    collector_free(s->collector);
    watch_free(s->watch);
    metadata_free(s->metadata);
    free(s->sink);
    munmap(s->ring, s->ring_bytes);
}

int service_run(int ring_fd)
{
    struct service s = {.ring_fd = ring_fd, .finish_limit_ms = FINISH_LIMIT_MS};
    if (!start(&s))
        return 2;
    size_t taken = 0;
    uint64_t now;
    do {
        watch_wait(s.watch, taken ? WAIT_BUSY_MS : WAIT_IDLE_MS, on_ended, &s);
        now = monotonic();
        taken = drain_pass(s.drain, now, false);
        housekeeping(&s, now);
    } while (!is_waited_for(&s, now) && (taken || !watch_all_ended(s.watch)));
    finish(&s);
    return 0;
}
