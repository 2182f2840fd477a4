/* Kills a writer, or a reader, of the ring after every single instruction of what it does, and
 * looks at what is left: nothing committed is lost, no chunk is, and others go on. Prints the
 * number of instructions of each case, and what was wrong. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/ring.h"

enum { CHUNKS = 3, RECORDS_MAX = 64, LARGE = 7000, MIDDLE = 1800, SMALL = 40, STEPS_MAX = 20000 };

/* In shared memory: what the victim had done before it was killed. */
struct notes {
    uint32_t written;
    uint8_t visited[RECORDS_MAX];
};

struct stage {
    struct ring *ring;
    struct notes *notes;
    struct ring_writer writer;
    uint64_t idle_states[CHUNKS];
};

struct fault {
    const char *name;
    unsigned before; /* records written beforehand */
    size_t size;     /* of each, and of the one under way */
    void (*act)(struct stage *);
    unsigned stride; /* 1: every instruction */
};

static unsigned failures;

static void check(int condition, const char *name, unsigned step, const char *what)
{
    if (condition)
        return;
    printf("%s, killed at instruction %u: %s\n", name, step, what);
    failures++;
}

static int write_one(struct stage *stage, size_t size)
{
    struct rec_close *r = (void *)ring_begin(&stage->writer, size);
    if (!r)
        return 0;
    r->head = (struct record){
        .size = (uint32_t)record_round(size), .type = REC_CLOSE, .time = stage->notes->written};
    r->cookie = ~(uint64_t)stage->notes->written;
    ring_commit(&stage->writer, &r->head);
    return 1;
}

static void visit(void *self, const struct chunk *chunk, const struct record *record)
{
    struct notes *notes = self;
    const struct rec_close *r = (const void *)record;
    (void)chunk;
    if (record->time < RECORDS_MAX && r->cookie == ~record->time)
        notes->visited[record->time]++;
    else
        notes->visited[RECORDS_MAX - 1] = 99;
}

static bool nobody_alive(uint32_t tid)
{
    (void)tid;
    return false;
}

/* ---- what is interrupted ---- */

static void write_a_record(struct stage *stage)
{
    write_one(stage, stage->notes->written ? record_round(LARGE) : SMALL);
}

static void write_small(struct stage *stage)
{
    write_one(stage, SMALL);
}

static void read_all(struct stage *stage)
{
    ring_drain(stage->ring, visit, stage->notes);
    ring_reclaim(stage->ring, stage->idle_states, nobody_alive);
    ring_reclaim(stage->ring, stage->idle_states, nobody_alive);
}

static const struct fault faults[] = {
    {"writing the first record", 0, SMALL, write_small, 1},
    {"writing one more", 3, SMALL, write_small, 1},
    {"writing into the next chunk", 2, LARGE, write_a_record, 1},
    {"writing into a full ring", 6, LARGE, write_a_record, 1},
    {"reading", 3, SMALL, read_all, 1},
    {"reading a full chunk", 9, MIDDLE, read_all, 17},
};

/* ---- stepping ---- */

static struct stage new_stage(const struct fault *fault)
{
    size_t size = ring_size(CHUNKS);
    int flags = MAP_SHARED | MAP_ANONYMOUS;
    struct stage stage = {.ring = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0),
        .notes = mmap(NULL, sizeof *stage.notes, PROT_READ | PROT_WRITE, flags, -1, 0)};
    ring_init(stage.ring, CHUNKS, CHUNKS);
    stage.writer = (struct ring_writer){.ring = stage.ring, .pid = 1, .tid = 1};
    for (unsigned i = 0; i < fault->before; i++)
        stage.notes->written += (uint32_t)write_one(&stage, fault->size);
    return stage;
}

static void free_stage(struct stage *stage)
{
    munmap(stage->ring, ring_size(CHUNKS));
    munmap(stage->notes, sizeof *stage->notes);
}

/* Between two stops. */
static void be_victim(const struct fault *fault, struct stage *stage)
{
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    kill(getpid(), SIGSTOP);
    fault->act(stage);
    kill(getpid(), SIGSTOP);
    _exit(0);
}

/* Whether it was still at work after so many instructions. */
static int kill_after(const struct fault *fault, struct stage *stage, unsigned steps)
{
    int status, working = 1;
    pid_t pid = fork();
    if (pid == 0)
        be_victim(fault, stage);
    waitpid(pid, &status, 0);
    for (unsigned i = 0; i < steps && working; i++) {
        ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
        waitpid(pid, &status, 0);
        working = WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return working;
}

/* ---- what is left ---- */

static void look_at_rest(const struct fault *fault, struct stage *stage, unsigned step)
{
    struct stage other = *stage;
    unsigned before = stage->notes->written, whole = 0;
    read_all(stage);
    for (unsigned i = 0; i < before; i++)
        whole += stage->notes->visited[i] > 0;
    check(whole == before, fault->name, step, "a committed record is lost");
    for (unsigned i = before + 1; i < RECORDS_MAX; i++)
        check(!stage->notes->visited[i], fault->name, step, "a record that nobody wrote");
    if (fault->act != read_all)
        for (unsigned i = 0; i <= before; i++)
            check(stage->notes->visited[i] <= 1, fault->name, step, "a record was read twice");
    check(ring_free_chunks(stage->ring) == CHUNKS, fault->name, step, "a chunk is lost");
    other.writer = (struct ring_writer){.ring = stage->ring, .pid = 2, .tid = 2};
    stage->notes->written = RECORDS_MAX - 2;
    check(write_one(&other, SMALL), fault->name, step, "nobody can write any more");
    ring_drain(stage->ring, visit, stage->notes);
    check(
        stage->notes->visited[RECORDS_MAX - 2] == 1, fault->name, step, "nobody can read any more");
}

int main(int argc, char **argv)
{
    (void)argv;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        unsigned step = 0;
        int working = 1;
        for (; working && step<STEPS_MAX; step += argc> 1 ? 1 : faults[i].stride) {
            struct stage stage = new_stage(&faults[i]);
            working = kill_after(&faults[i], &stage, step);
            look_at_rest(&faults[i], &stage, step);
            free_stage(&stage);
        }
        printf("%s: %u instructions\n", faults[i].name, step);
    }
    return failures > 0;
}
