/* Every interleaving of the ring's writers and its reader, over the real code.
 *
 * The two sides are compiled here with each atomic operation as a point where another actor may go
 * on, or where the writer may die. The actors are coroutines; the whole world (ring, stacks,
 * contexts, what the checks know) can be saved and put back, so the search visits each state once:
 * the reader loops for ever, and still the search is complete. What it cannot show is the effect
 * of weaker memory orders, as interleavings are sequentially consistent; ring_test under
 * ThreadSanitizer looks at those. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "wire/ring.h"

static void before_atomic(const void *word);
static void watch_state(const void *word, uint64_t to);

#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_fetch_add_explicit
#undef atomic_compare_exchange_strong_explicit
#define atomic_load_explicit(word, order)                                                          \
    (before_atomic(word), __atomic_load_n((const __typeof__(*(word)) *)(word), order))
#define atomic_store_explicit(word, value, order)                                                  \
    (before_atomic(word), watch_state(word, value), __atomic_store_n(word, value, order))
#define atomic_fetch_add_explicit(word, value, order)                                              \
    (before_atomic(word), __atomic_fetch_add(word, value, order))
#define atomic_compare_exchange_strong_explicit(word, expected, value, success, failure)           \
    (before_atomic(word), exchange(word, expected, value))

static bool exchange(_Atomic uint64_t *word, uint64_t *expected, uint64_t value)
{
    if (*word != *expected) {
        *expected = *word;
        return false;
    }
    watch_state(word, value);
    *word = value;
    return true;
}

#include "wire/record.c"
#include "wire/ring_reader.c"
#include "wire/ring_writer.c"

enum {
    WRITERS_MAX = 3,
    CHUNKS_MAX = 2,
    RECORDS_MAX = 3,
    READER = WRITERS_MAX,
    ACTORS,
    STACK_BYTES = 8192,
    RECORD_BYTES = 8152, /* two of them fill a chunk */
    STATUSES = CHUNK_FULL + 1,
    SETTLING_PASSES = 4,
};

struct setting {
    const char *name;
    unsigned writers, chunks, records, deaths;
};

struct actor {
    ucontext_t context;
    uint8_t stack[STACK_BYTES] __attribute__((aligned(16)));
};

/* What the checks know of a record. */
struct fate {
    uint8_t committed, refused, seen;
    uint32_t sequence; /* of the chunk in which it was seen */
};

/* All that is saved and put back, but for the ring and the live part of the stacks. */
struct knowledge {
    struct fate fates[WRITERS_MAX][RECORDS_MAX];
    uint8_t dead[WRITERS_MAX], finished[WRITERS_MAX];
    uint8_t deaths, settling;
    uint32_t reader_passes; /* while settling */
    const struct chunk *filling[WRITERS_MAX];
    struct ring_writer writers[WRITERS_MAX];
    uint64_t idle_states[CHUNKS_MAX];
};

static const struct setting *setting;
static struct ring *ring;
static struct actor actors[ACTORS];
static struct knowledge known;
static ucontext_t explorer;
static int running = -1; /* -1: the explorer itself */
static int path[1 << 16];
static unsigned path_length;
static uint64_t transitions[2][STATUSES][STATUSES], steps, endings;

static void fail(const char *what)
{
    printf("%s: %s, after these steps (writers from 0, the reader %d, +10: dies):\n", setting->name,
        what, READER);
    for (unsigned i = 0; i < path_length; i++)
        printf("%d ", path[i]);
    printf("\n");
    exit(1);
}

static void require(bool condition, const char *what)
{
    if (!condition)
        fail(what);
}

/* ---- actors ---- */

static void wait_for_turn(void)
{
    swapcontext(&actors[running].context, &explorer);
}

/* The number of available chunks is constant here, and counters that are only added to commute with
 * everything: no turn is taken for them. */
static void before_atomic(const void *word)
{
    bool in_chunk = (const uint8_t *)word >= (const uint8_t *)ring_chunk(ring, 0);
    if (running >= 0 && (in_chunk || word == &ring->next_chunk))
        wait_for_turn();
}

/* Its last turn: nothing of what it had at hand matters any more. */
static void retire(unsigned writer)
{
    memset(&known.writers[writer], 0, sizeof known.writers[writer]);
    known.filling[writer] = NULL;
}

/* Who may change a chunk's state to what: the list in ring.h. */
static void watch_state(const void *word, uint64_t to)
{
    static const uint8_t allowed[2][STATUSES][STATUSES] = {
        [false] = {[CHUNK_FREE] = {[CHUNK_WRITING] = 1},
            [CHUNK_OWNED] = {[CHUNK_WRITING] = 1, [CHUNK_FULL] = 1},
            [CHUNK_WRITING] = {[CHUNK_OWNED] = 1}},
        [true] = {[CHUNK_FULL] = {[CHUNK_FREE] = 1},
            [CHUNK_OWNED] = {[CHUNK_FREE] = 1},
            [CHUNK_WRITING] = {[CHUNK_FREE] = 1}},
    };
    for (unsigned i = 0; i < setting->chunks; i++) {
        const struct chunk *chunk = ring_chunk(ring, i);
        if (word != &chunk->state)
            continue;
        uint64_t from = *(const volatile uint64_t *)word;
        bool by_reader = running == READER;
        require(allowed[by_reader][chunk_status(from)][chunk_status(to)], "forbidden transition");
        transitions[by_reader][chunk_status(from)][chunk_status(to)]++;
        for (unsigned w = 0; by_reader && w < setting->writers; w++)
            require(known.dead[w] || known.filling[w] != chunk, "taken from a living writer");
    }
}

static uint64_t mark(unsigned writer, unsigned number)
{
    return (uint64_t)(writer + 1) << 32 | (number + 1);
}

static uint64_t *last_word(const struct rec_close *record)
{
    return (uint64_t *)(uintptr_t)((uintptr_t)record + RECORD_BYTES) - 1;
}

static void write_one(unsigned writer, unsigned number)
{
    struct rec_close *r = (void *)ring_begin(&known.writers[writer], RECORD_BYTES);
    if (!r) {
        known.fates[writer][number].refused = 1;
        return;
    }
    for (unsigned other = 0; other < setting->writers; other++)
        require(other == writer || known.dead[other] || !known.filling[other] ||
                    known.filling[other] != known.writers[writer].chunk,
            "two owners");
    known.filling[writer] = known.writers[writer].chunk;
    r->head = (struct record){.size = (uint32_t)RECORD_BYTES, .type = REC_CLOSE, .time = number};
    r->cookie = mark(writer, number);
    wait_for_turn();
    *last_word(r) = mark(writer, number);
    ring_commit(&known.writers[writer], &r->head);
    known.fates[writer][number].committed = 1;
    known.filling[writer] = NULL;
}

static void see(void *self, const struct chunk *chunk, const struct record *record)
{
    const struct rec_close *r = (const void *)record;
    unsigned writer = (unsigned)(r->cookie >> 32) - 1, number = (unsigned)record->time;
    (void)self;
    require(record->size == RECORD_BYTES && writer < setting->writers &&
                number < setting->records && r->cookie == mark(writer, number),
        "not a record");
    require(*last_word(r) == r->cookie, "torn record");
    require(chunk->tid == writer + 1 && chunk->pid == writer + 1, "another's record");
    struct fate *fate = &known.fates[writer][number];
    require(fate->committed, "read before it was committed");
    require(!fate->seen, "read twice");
    for (unsigned i = 0; i < RECORDS_MAX; i++) {
        const struct fate *other = &known.fates[writer][i];
        require(!other->seen || (i < number ? other->sequence <= chunk->sequence
                                            : other->sequence > chunk->sequence),
            "out of order");
    }
    fate->seen = 1;
    fate->sequence = chunk->sequence;
}

static bool alive(uint32_t tid)
{
    return !known.dead[tid - 1];
}

static void act(void)
{
    unsigned self = (unsigned)running;
    for (;;) {
        wait_for_turn();
        if (self == READER) {
            ring_drain(ring, see, NULL);
            ring_reclaim(ring, known.idle_states, alive);
            ring_reclaim(ring, known.idle_states, alive); /* also of what nobody has read */
            known.reader_passes += known.settling;
            continue;
        }
        for (unsigned i = 0; i < setting->records; i++)
            write_one(self, i);
        known.finished[self] = 1;
        retire(self);
    }
}

static void step(int actor)
{
    path[path_length++ % (sizeof path / sizeof *path)] = actor;
    steps++;
    running = actor;
    swapcontext(&explorer, &actors[actor].context);
    running = -1;
}

static bool takes_part(unsigned actor)
{
    return actor == READER || actor < setting->writers;
}

static bool can_act(unsigned actor)
{
    return actor == READER ||
           (actor < setting->writers && !known.dead[actor] && !known.finished[actor]);
}

/* ---- the world as bytes ---- */

struct part {
    void *at;
    size_t len;
};

enum { PARTS_MAX = 2 + 4 * CHUNKS_MAX + 4 * ACTORS };

/* The bytes that may differ between two states. */
static size_t parts_of_ring(struct part *parts)
{
    size_t n = 0;
    parts[n++] = (struct part){ring, sizeof *ring};
    parts[n++] = (struct part){&known, sizeof known};
    for (unsigned i = 0; i < setting->chunks; i++) {
        struct chunk *chunk = ring_chunk(ring, i);
        parts[n++] = (struct part){chunk, offsetof(struct chunk, data)};
        for (size_t at = 0; at + RECORD_BYTES <= sizeof chunk->data; at += RECORD_BYTES) {
            parts[n++] = (struct part){chunk->data + at, sizeof(struct rec_close)};
            parts[n++] = (struct part){chunk->data + at + RECORD_BYTES - 8, 8};
            if (at)
                break;
        }
    }
    return n;
}

static size_t parts_of_world(struct part *parts)
{
    size_t n = parts_of_ring(parts);
    for (unsigned i = 0; i < ACTORS; i++) {
        if (!can_act(i))
            continue;
        greg_t *registers = actors[i].context.uc_mcontext.gregs;
        uint8_t *low = (void *)registers[REG_RSP];
        parts[n++] = (struct part){low, (size_t)(actors[i].stack + STACK_BYTES - low)};
        parts[n++] = (struct part){&registers[REG_R12], 4 * sizeof *registers};
        parts[n++] = (struct part){&registers[REG_RBP], 2 * sizeof *registers};
        parts[n++] = (struct part){&registers[REG_RSP], 2 * sizeof *registers};
    }
    return n;
}

struct snapshot {
    size_t count;
    struct part parts[PARTS_MAX];
    uint8_t bytes[];
};

static struct snapshot *save(void)
{
    struct part parts[PARTS_MAX];
    size_t count = parts_of_world(parts), len = 0;
    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    struct snapshot *snapshot = malloc(sizeof *snapshot + len);
    require(snapshot != NULL, "no memory");
    snapshot->count = count;
    memcpy(snapshot->parts, parts, sizeof parts);
    uint8_t *to = snapshot->bytes;
    for (size_t i = 0; i < count; to += parts[i++].len)
        memcpy(to, parts[i].at, parts[i].len);
    return snapshot;
}

static void put_back(const struct snapshot *snapshot)
{
    const uint8_t *from = snapshot->bytes;
    for (size_t i = 0; i < snapshot->count; from += snapshot->parts[i++].len)
        memcpy(snapshot->parts[i].at, from, snapshot->parts[i].len);
}

/* ---- states seen ---- */

struct key {
    uint64_t a, b;
};

static struct key *seen_keys;
static size_t seen_count, seen_cap;

static void mix(struct key *key, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;
    for (uint64_t word; len >= sizeof word; from += sizeof word, len -= sizeof word) {
        memcpy(&word, from, sizeof word);
        key->a = (key->a ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        key->a ^= key->a >> 29;
        key->b = (key->b + word) * UINT64_C(0xd6e8feb86659fd93);
        key->b ^= key->b >> 32;
    }
}

static struct key key_of_world(void)
{
    struct part parts[PARTS_MAX];
    struct key key = {1, 2};
    size_t count = parts_of_world(parts);
    for (size_t i = 0; i < count; i++)
        mix(&key, parts[i].at, parts[i].len);
    return key;
}

static bool insert(struct key *keys, size_t cap, struct key key)
{
    size_t at = key.a & (cap - 1);
    for (; keys[at].a || keys[at].b; at = (at + 1) & (cap - 1))
        if (keys[at].a == key.a && keys[at].b == key.b)
            return false;
    keys[at] = key;
    return true;
}

/* False: this state has been visited. */
static bool is_new_state(void)
{
    if (seen_count * 2 >= seen_cap) {
        size_t cap = seen_cap ? seen_cap * 2 : 1 << 16;
        struct key *keys = calloc(cap, sizeof *keys);
        require(keys != NULL, "no memory");
        for (size_t i = 0; i < seen_cap; i++)
            if (seen_keys[i].a || seen_keys[i].b)
                insert(keys, cap, seen_keys[i]);
        free(seen_keys);
        seen_keys = keys;
        seen_cap = cap;
    }
    bool inserted = insert(seen_keys, seen_cap, key_of_world());
    seen_count += inserted;
    return inserted;
}

/* ---- the search ---- */

/* No writer will do anything any more: the reader is to find everything and free every chunk. */
static void check_ending(void)
{
    uint64_t refused = 0;
    endings++;
    known.settling = 1;
    while (known.reader_passes < SETTLING_PASSES)
        step(READER);
    for (unsigned w = 0; w < setting->writers; w++)
        for (unsigned i = 0; i < setting->records; i++) {
            const struct fate *fate = &known.fates[w][i];
            require(fate->committed == fate->seen, "committed record lost");
            require(known.dead[w] || fate->committed + fate->refused == 1, "neither kept nor lost");
            refused += fate->refused;
        }
    require(ring->lost[LOSS_FULL] >= refused && ring->lost[LOSS_FULL] <= refused + known.deaths,
        "losses miscounted");
    require(ring_free_chunks(ring) == setting->chunks, "chunk lost");
}

static bool all_writers_done(void)
{
    for (unsigned i = 0; i < setting->writers; i++)
        if (can_act(i))
            return false;
    return true;
}

static void explore(void)
{
    unsigned length = path_length;
    if (!is_new_state())
        return;
    struct snapshot *here = save();
    if (all_writers_done()) {
        check_ending();
        put_back(here);
        free(here);
        path_length = length;
        return;
    }
    for (unsigned i = 0; i < ACTORS; i++) {
        if (!can_act(i))
            continue;
        step((int)i);
        explore();
        put_back(here);
        path_length = length;
        if (i == READER || known.deaths == setting->deaths)
            continue;
        path[path_length++] = (int)i + 10;
        known.dead[i] = 1;
        known.deaths++;
        retire(i);
        explore();
        put_back(here);
        path_length = length;
    }
    free(here);
}

static void start(void)
{
    memset(ring, 0, ring_size(CHUNKS_MAX));
    memset(&known, 0, sizeof known);
    memset(actors, 0, sizeof actors);
    ring_init(ring, CHUNKS_MAX, setting->chunks);
    for (unsigned i = 0; i < ACTORS; i++) {
        struct actor *actor = &actors[i];
        if (!takes_part(i))
            continue;
        if (i != READER)
            known.writers[i] = (struct ring_writer){.ring = ring, .pid = i + 1, .tid = i + 1};
        getcontext(&actor->context);
        actor->context.uc_stack.ss_sp = actor->stack;
        actor->context.uc_stack.ss_size = STACK_BYTES;
        makecontext(&actor->context, act, 0);
        step((int)i); /* to where it waits for the first time */
    }
    path_length = 0;
}

static void explore_setting(const struct setting *s)
{
    setting = s;
    steps = endings = 0;
    seen_count = seen_cap = 0;
    free(seen_keys);
    seen_keys = NULL;
    start();
    explore();
    printf("%s: %zu states, %llu steps, %llu endings\n", s->name, seen_count,
        (unsigned long long)steps, (unsigned long long)endings);
}

/* Else the search has not been where it was sent. */
static void require_all_transitions(void)
{
    static const enum chunk_status listed[][3] = {{false, CHUNK_FREE, CHUNK_WRITING},
        {false, CHUNK_OWNED, CHUNK_WRITING}, {false, CHUNK_WRITING, CHUNK_OWNED},
        {false, CHUNK_OWNED, CHUNK_FULL}, {true, CHUNK_FULL, CHUNK_FREE},
        {true, CHUNK_OWNED, CHUNK_FREE}, {true, CHUNK_WRITING, CHUNK_FREE}};
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
        require(transitions[listed[i][0]][listed[i][1]][listed[i][2]], "a transition never came");
}

int main(void)
{
    static const struct setting settings[] = {
        {"one chunk, one writer", 1, 1, 3, 1},
        {"one chunk, two writers", 2, 1, 2, 2},
        {"one chunk, three writers", 3, 1, 1, 2},
        {"two chunks, one writer", 1, 2, 3, 1},
        {"two chunks, two writers", 2, 2, 2, 2},
    };
    ring = aligned_alloc(4096, ring_size(CHUNKS_MAX));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        explore_setting(&settings[i]);
    require_all_transitions();
    free(seen_keys);
    free(ring);
    return 0;
}
