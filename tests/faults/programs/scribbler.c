/* In the forwarder's place: becomes the forwarder, and leaves a child that writes random words all
 * over the ring, as a process of the service would whose memory is corrupt. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wire/ring.h"

enum { ROUNDS = 2000, PAUSE_US = 1000, WORDS_A_ROUND = 20 };

static void scribble(uint64_t *words, size_t count)
{
    srandom(1);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < WORDS_A_ROUND; i++) {
            uint64_t word = (uint64_t)random() << 33 ^ (uint64_t)random();
            words[(size_t)random() % count] = round % 2 ? word : ~UINT64_C(0);
        }
        usleep(PAUSE_US);
    }
}

int main(void)
{
    size_t used = ring_size(RING_CHUNKS_FIRST), header = sizeof(struct ring);
    uint8_t *ring = mmap(NULL, used, PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0);
    if (ring == MAP_FAILED)
        return 1;
    if (fork() == 0) {
        close(3);
        usleep(200000); /* until the forwarder has begun */
        ((struct ring *)(void *)ring)->chunks_available = ~0u;
        scribble((uint64_t *)(void *)(ring + header), (used - header) / 8);
        _exit(0);
    }
    execl(FORWARDER, FORWARDER, (char *)NULL);
    return 1;
}
