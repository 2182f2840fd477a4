#include "recording.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define RECORDING_MAGIC UINT64_C(0x3147434552534d41) /* "AMSRECG1" */

FILE *recording_create(const char *path, uint64_t realtime_offset)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return NULL;
    struct recording_header header = {
        .magic = RECORDING_MAGIC, .version = WIRE_VERSION, .realtime_offset = realtime_offset};
    fwrite(&header, sizeof header, 1, file);
    return file;
}

void recording_add(FILE *file, const struct writer *writer, const struct record *record)
{
    fwrite(writer, sizeof *writer, 1, file);
    fwrite(record, record->size, 1, file);
}

static bool read_records(FILE *file, uint8_t *buffer, recording_visit *visit, void *self)
{
    struct writer writer;
    struct record *record = (void *)buffer;
    while (fread(&writer, sizeof writer, 1, file) == 1) {
        if (fread(record, sizeof *record, 1, file) != 1)
            return true;
        if (record->size < sizeof *record || record->size > RECORD_SIZE_MAX)
            return false;
        size_t rest = record->size - sizeof *record;
        if (fread(record + 1, 1, rest, file) != rest)
            return true;
        if (!record_valid(record, record->size))
            return false;
        visit(self, &writer, record);
    }
    return true;
}

bool recording_read(
    FILE *file, struct recording_header *ret_header, recording_visit *visit, void *self)
{
    struct recording_header header;
    if (fread(&header, sizeof header, 1, file) != 1 || header.magic != RECORDING_MAGIC ||
        header.version != WIRE_VERSION)
        return false;
    *ret_header = header;
    uint8_t *buffer = xmalloc(RECORD_SIZE_MAX);
    bool whole = read_records(file, buffer, visit, self);
    free(buffer);
    return whole;
}
