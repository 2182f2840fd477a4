/* Recordings: the records of a ring in a file, for replay, regression inputs and fuzzing.
 *
 * A header, then for each record who wrote it and the record itself, in the order in which the
 * forwarder worked on them. Native endianness, checked by the magic number. */
#ifndef APMSHIM_RECORDING_H
#define APMSHIM_RECORDING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "wire/record.h"

struct recording_header {
    uint64_t magic;
    uint32_t version, reserved;
    uint64_t realtime_offset; /* ns to add to a record's time for the time since the epoch */
};

/* Who wrote a record. */
struct writer {
    uint32_t pid, tid;
    uint64_t thread; /* unique in one ring */
};

struct recording;

/* Opens a new recording, for its owner alone; NULL: the log says why not. */
struct recording *recording_create(const char *path, uint64_t realtime_offset);
void recording_add(
    struct recording *recording, const struct writer *writer, const struct record *record);
/* Writes what was added. What cannot be written is lost whole and counted, in the log at the end.
 */
void recording_flush(struct recording *recording);
void recording_close(struct recording *recording);

typedef void recording_visit(void *self, const struct writer *writer, const struct record *record);

/* Reads a recording to its end, tolerating a cut last record. False: not a recording, or corrupt
 * from some point on (what came before has been visited). */
bool recording_read(
    FILE *file, struct recording_header *ret_header, recording_visit *visit, void *self);

#endif
