/* Takes the forwarder's place: counts the records it is handed, by type, and ends with the service.
 * So a test of transparency needs no forwarder, and can ask whether anything was recorded at all.
 * The counts go to the file that STAND_IN_COUNTS names, the records to the recording that
 * STAND_IN_RECORDING names. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "forwarder/log.h"
#include "forwarder/recording.h"
#include "wire/ring.h"

/* There is no log here. */
void log_write(enum log_level level, const char *format, ...)
{
}

static unsigned long counts[REC_TYPES];
static struct recording *recording;

static void count(void *self, const struct chunk *chunk, const struct record *record)
{
    if (record->type < REC_TYPES)
        counts[record->type]++;
    const struct writer writer = {chunk->pid, chunk->tid, chunk->thread};
    if (recording)
        recording_add(recording, &writer, record);
    (void)self;
}

static void write_counts(const char *path)
{
    FILE *file = path ? fopen(path, "a") : NULL;
    if (!file)
        return;
    for (int i = 0; i < REC_TYPES; i++)
        fprintf(file, "%lu%c", counts[i], i + 1 < REC_TYPES ? ' ' : '\n');
    fclose(file);
}

int main(void)
{
    struct ring *ring =
        mmap(NULL, ring_size(RING_CHUNKS_MAX), PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0);
    if (ring == MAP_FAILED)
        return 1;
    if (getenv("STAND_IN_RECORDING"))
        recording = recording_create(getenv("STAND_IN_RECORDING"), ring->realtime_offset);
    int owner = (int)syscall(SYS_pidfd_open, ring->owner_pid, 0);
    struct pollfd end = {.fd = owner, .events = POLLIN};
    do {
        ring_drain(ring, count, NULL);
        uint32_t wanted = atomic_load(&ring->flush_wanted);
        atomic_store(&ring->flush_done, wanted);
    } while (owner >= 0 && poll(&end, 1, 20) == 0);
    ring_drain(ring, count, NULL);
    write_counts(getenv("STAND_IN_COUNTS"));
    if (recording)
        recording_close(recording);
    return 0;
}
