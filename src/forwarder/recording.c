#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/own_file.h"
#include "log.h"

#define RECORDING_MAGIC UINT64_C(0x3147434552534d41) /* "AMSRECG1" */

enum { BUFFER_MAX = 64 * 1024 };

struct recording {
    int fd;
    bool is_file, broken; /* broken: half a record is in what is no file */
    off_t whole;          /* bytes of the file that are whole records */
    struct buf buffer;    /* whole records */
    uint64_t records, lost;
};

struct recording *recording_create(const char *path, uint64_t realtime_offset)
{
    struct stat st;
    int fd = own_file_open(path, O_TRUNC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        log_error("nothing is recorded: %s: %s", path, own_file_why(errno));
        return NULL;
    }
    own_file_block(fd);
    struct recording *r = xcalloc(1, sizeof *r);
    r->fd = fd;
    r->is_file = S_ISREG(st.st_mode);
    if (r->is_file)
        (void)fchmod(fd, 0600); /* it was there: now it holds secrets */
    const struct recording_header header = {
        .magic = RECORDING_MAGIC, .version = WIRE_VERSION, .realtime_offset = realtime_offset};
    buf_add(&r->buffer, (const char *)&header, sizeof header);
    recording_flush(r);
    return r;
}

void recording_add(struct recording *r, const struct writer *writer, const struct record *record)
{
    buf_add(&r->buffer, (const char *)writer, sizeof *writer);
    buf_add(&r->buffer, (const char *)record, record->size);
    r->records++;
    if (r->buffer.len >= BUFFER_MAX)
        recording_flush(r);
}

static bool write_all(int fd, const char *at, size_t left)
{
    while (left > 0) {
        ssize_t n = write(fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        left -= (size_t)n;
    }
    return true;
}

/* What was written of the buffer is taken back, so that the next can follow. Without its header a
 * recording is none. */
static void give_up(struct recording *r)
{
    if (!r->lost)
        log_error("recording: %s", strerror(errno));
    r->lost += r->records;
    r->broken = !r->is_file || r->whole == 0 || ftruncate(r->fd, r->whole) != 0 ||
                lseek(r->fd, r->whole, SEEK_SET) < 0;
}

void recording_flush(struct recording *r)
{
    if (r->broken)
        r->lost += r->records;
    else if (write_all(r->fd, r->buffer.data, r->buffer.len))
        r->whole += (off_t)r->buffer.len;
    else
        give_up(r);
    r->records = 0;
    buf_clear(&r->buffer);
}

void recording_close(struct recording *r)
{
    recording_flush(r);
    if (r->lost)
        log_warning("%" PRIu64 " records lost: could not be written to the recording", r->lost);
    close(r->fd);
    buf_free(&r->buffer);
    free(r);
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
