/* The ring under writers that are killed at any moment, idle threads, and a memory that is too
 * small. */
#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/ring.h"

enum { WRITERS = 6, CHUNKS = 24, NUMBERS = 1 << 22 };

/* Chunks are visited in no particular order, so a thread's records are told apart by number. */
struct seen {
    uint8_t *numbers[WRITERS];
    uint64_t total, wrong;
};

static struct ring *new_ring(uint32_t chunks)
{
    void *map =
        mmap(NULL, ring_size(chunks), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ring_init(map, chunks, chunks);
    return map;
}

static bool write_one(struct ring_writer *writer, uint64_t id, uint64_t number, size_t size)
{
    struct rec_close *r = (void *)ring_begin(writer, size);
    if (!r)
        return false;
    memset(r, 0, size);
    r->head.size = (uint32_t)record_round(size);
    r->head.type = REC_CLOSE;
    r->head.time = number;
    r->cookie = id;
    ring_commit(writer, &r->head);
    return true;
}

static void count(void *self, const struct chunk *chunk, const struct record *record)
{
    struct seen *seen = self;
    uint64_t id = ((const struct rec_close *)(const void *)record)->cookie, number = record->time;
    (void)chunk;
    seen->total++;
    if (id >= WRITERS || number >= NUMBERS || seen->numbers[id][number]++)
        seen->wrong++;
}

static struct seen new_seen(void)
{
    struct seen seen = {{0}, 0, 0};
    for (int i = 0; i < WRITERS; i++)
        seen.numbers[i] = calloc(NUMBERS, 1);
    return seen;
}

static void free_seen(struct seen *seen)
{
    for (int i = 0; i < WRITERS; i++)
        free(seen->numbers[i]);
}

static bool nobody_alive(uint32_t tid)
{
    return tid == 0;
}

static bool everybody_alive(uint32_t tid)
{
    return tid != 0;
}

static void test_order_and_sizes(void)
{
    struct ring *ring = new_ring(4);
    struct ring_writer writer = {.ring = ring, .pid = 1, .tid = 1};
    struct seen seen = new_seen();
    size_t sizes[] = {sizeof(struct rec_close), 100, 1000, RECORD_SIZE_MAX};
    for (uint64_t i = 0; i < 400; i++) {
        CHECK(write_one(&writer, 0, i, sizes[i % 4]));
        if (i % 3 == 0)
            ring_drain(ring, count, &seen);
    }
    ring_drain(ring, count, &seen);
    CHECK(seen.total == 400 && seen.wrong == 0);
    CHECK(!ring_begin(&writer, RECORD_SIZE_MAX + 1));
    CHECK(ring->lost[LOSS_TOO_LARGE] == 1);
    free_seen(&seen);
}

static void test_full_loses_whole_records(void)
{
    struct ring *ring = new_ring(4);
    struct ring_writer writer = {.ring = ring, .pid = 1, .tid = 1};
    struct seen seen = new_seen();
    uint64_t written = 0;
    for (uint64_t i = 0; i < 1000; i++)
        written += write_one(&writer, 0, i, 1000);
    ring_drain(ring, count, &seen);
    CHECK(written < 1000 && seen.total == written);
    CHECK(ring->lost[LOSS_FULL] == 1000 - written);
    CHECK(write_one(&writer, 0, 1000, 1000)); /* room again */
    free_seen(&seen);
}

static void test_idle_chunk_is_reclaimed(void)
{
    struct ring *ring = new_ring(2);
    struct ring_writer writer = {.ring = ring, .pid = 1, .tid = 1};
    struct seen seen = new_seen();
    uint64_t idle[2] = {0, 0};
    CHECK(write_one(&writer, 0, 0, 64));
    ring_reclaim(ring, idle, everybody_alive);
    ring_reclaim(ring, idle, everybody_alive);
    CHECK(ring_free_chunks(ring) == 1); /* unread: kept */
    ring_drain(ring, count, &seen);
    ring_reclaim(ring, idle, everybody_alive);
    ring_reclaim(ring, idle, everybody_alive);
    CHECK(ring_free_chunks(ring) == 2);
    CHECK(write_one(&writer, 0, 1, 64)); /* its owner goes on in another one */
    ring_drain(ring, count, &seen);
    CHECK(seen.total == 2 && seen.wrong == 0);
    free_seen(&seen);
}

static void test_dead_writer(void)
{
    struct ring *ring = new_ring(2);
    struct ring_writer dead = {.ring = ring, .pid = 1, .tid = 1};
    struct seen seen = new_seen();
    uint64_t idle[2] = {0, 0};
    CHECK(write_one(&dead, 0, 0, 64));
    CHECK(ring_begin(&dead, 64)); /* and never commits */
    ring_drain(ring, count, &seen);
    CHECK(seen.total == 1);
    ring_reclaim(ring, idle, everybody_alive);
    ring_reclaim(ring, idle, everybody_alive);
    CHECK(ring_free_chunks(ring) == 1);
    ring_reclaim(ring, idle, nobody_alive);
    CHECK(ring_free_chunks(ring) == 2);
    free_seen(&seen);
}

static void write_until_killed(struct ring *ring, uint64_t id)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct ring_writer writer = {
        .ring = ring, .pid = (uint32_t)getpid(), .tid = (uint32_t)getpid()};
    for (uint64_t i = 0;; i++)
        write_one(&writer, id, i, 24 + (i * 37) % 900);
}

static bool process_alive(uint32_t tid)
{
    return syscall(SYS_tkill, (pid_t)tid, 0) == 0;
}

/* Writers in processes of their own are killed mid-write, again and again; the reader sees each
 * one's records once and in order, and no chunk stays lost. */
static void test_killed_writers(void)
{
    struct ring *ring = new_ring(CHUNKS);
    uint64_t idle[CHUNKS] = {0};
    for (int round = 0; round < 30; round++) {
        struct seen seen = new_seen();
        pid_t pids[WRITERS];
        for (uint64_t i = 0; i < WRITERS; i++)
            if ((pids[i] = fork()) == 0)
                write_until_killed(ring, i);
        for (int pass = 0; pass < 20 || seen.total == 0; pass++) {
            ring_drain(ring, count, &seen);
            usleep(500);
        }
        for (int i = 0; i < WRITERS; i++) {
            kill(pids[i], SIGKILL);
            waitpid(pids[i], NULL, 0);
        }
        for (int pass = 0; pass < 3; pass++) {
            ring_drain(ring, count, &seen);
            ring_reclaim(ring, idle, process_alive);
        }
        CHECK(seen.wrong == 0);
        CHECK(seen.total > 0);
        CHECK(ring_free_chunks(ring) == CHUNKS);
        free_seen(&seen);
    }
}

struct thread_case {
    struct ring *ring;
    uint64_t id, written;
    pthread_t thread;
    atomic_bool ended;
};

static void *write_some(void *data)
{
    struct thread_case *c = data;
    struct ring_writer writer = {.ring = c->ring, .pid = 1, .tid = (uint32_t)c->id + 1};
    for (uint64_t i = 0; i < 20000; i++)
        c->written += write_one(&writer, c->id, i, 24 + (i * 37) % 900);
    atomic_store(&c->ended, true);
    return NULL;
}

/* In one process, where ThreadSanitizer can judge the order of what both sides read and write. */
static void test_threads(void)
{
    struct ring *ring = new_ring(CHUNKS);
    struct thread_case cases[WRITERS] = {0};
    uint64_t idle[CHUNKS] = {0}, written = 0;
    struct seen seen = new_seen();
    for (uint64_t i = 0; i < WRITERS; i++) {
        cases[i].ring = ring;
        cases[i].id = i;
        CHECK(pthread_create(&cases[i].thread, NULL, write_some, &cases[i]) == 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        while (!atomic_load(&cases[i].ended)) {
            ring_drain(ring, count, &seen);
            ring_reclaim(ring, idle, everybody_alive);
        }
        pthread_join(cases[i].thread, NULL);
        written += cases[i].written;
    }
    ring_drain(ring, count, &seen);
    CHECK(seen.total == written && seen.wrong == 0);
    free_seen(&seen);
}

static void test_invalid_records(void)
{
    struct rec_run run = {.head = {.size = sizeof run, .type = REC_RECV}};
    CHECK(record_valid(&run.head, sizeof run));
    CHECK(!record_valid(&run.head, sizeof run - 1));
    run.head_len = 1;
    CHECK(!record_valid(&run.head, sizeof run));
    run.head_len = run.tail_len = UINT32_MAX;
    CHECK(!record_valid(&run.head, sizeof run));
    run.head = (struct record){.size = sizeof run, .type = REC_TYPES};
    CHECK(!record_valid(&run.head, sizeof run));
    run.head = (struct record){.size = 12, .type = REC_CLOSE};
    CHECK(!record_valid(&run.head, sizeof run));
}

int main(void)
{
    test_order_and_sizes();
    test_full_loses_whole_records();
    test_idle_chunk_is_reclaimed();
    test_dead_writer();
    test_killed_writers();
    test_threads();
    test_invalid_records();
    return check_result();
}
