#include "export/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/own_file.h"
#include "log.h"

enum { BUFFER_MAX = 64 * 1024 };

struct file {
    const char *path;
    int fd;              /* -1: it cannot be opened, and is tried again */
    bool whole;          /* the file's last line is whole */
    bool told, failing;  /* the metadata stands in it; that it fails was said */
    struct buf metadata; /* the first line */
    struct buf buffer;   /* whole lines */
    uint64_t lines;      /* in the buffer */
    uint64_t lost;
};

static bool write_bytes(struct file *file, const char *at, size_t left)
{
    while (left > 0) {
        ssize_t n = write(file->fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        file->whole = at[n - 1] == '\n';
        at += n;
        left -= (size_t)n;
    }
    return true;
}

/* A line that was cut short is ended by the next one's newline. */
static bool write_all(struct file *file)
{
    if (!file->whole && !write_bytes(file, "\n", 1))
        return false;
    if (!file->told && !write_bytes(file, file->metadata.data, file->metadata.len))
        return false;
    file->told = true;
    return write_bytes(file, file->buffer.data, file->buffer.len);
}

static bool is_open(struct file *file)
{
    if (file->fd >= 0)
        return true;
    file->fd = own_file_open(file->path, O_APPEND);
    if (file->fd >= 0)
        own_file_block(file->fd);
    return file->fd >= 0;
}

static void write_out(struct file *file)
{
    if (!file->buffer.len && file->told)
        return;
    bool written = is_open(file) && write_all(file);
    if (!written) {
        if (!file->failing)
            log_error("output %s: %s", file->path, own_file_why(errno));
        file->lost += file->lines;
    }
    file->failing = !written;
    file->lines = 0;
    buf_clear(&file->buffer);
}

static void add_line(void *self, const char *line, size_t len)
{
    struct file *file = self;
    if (!file->metadata.len) {
        buf_add(&file->metadata, line, len);
        return;
    }
    if (file->buffer.len + len > BUFFER_MAX)
        write_out(file);
    buf_add(&file->buffer, line, len);
    file->lines++;
}

static void hurry(void *self)
{
    write_out(self);
}

static void tick(void *self, uint64_t now_ns)
{
    (void)now_ns;
    write_out(self);
}

static void flush(void *self, unsigned limit_ms)
{
    (void)limit_ms;
    write_out(self);
}

static void finish(void *self, unsigned limit_ms)
{
    struct file *file = self;
    flush(file, limit_ms);
    if (file->lost)
        log_warning("%llu events lost: could not be written", (unsigned long long)file->lost);
    if (file->fd >= 0 && file->fd != STDOUT_FILENO)
        close(file->fd);
    buf_free(&file->metadata);
    buf_free(&file->buffer);
    free(file);
}

bool output_file_open(const char *path, struct line_writer *ret_writer)
{
    struct file *file = xcalloc(1, sizeof *file);
    file->path = path;
    file->fd = strcmp(path, "-") == 0 ? STDOUT_FILENO : -1;
    file->whole = true;
    *ret_writer = (struct line_writer){add_line, hurry, tick, flush, finish, NULL, file};
    return is_open(file);
}
