#include "export/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "log.h"

enum { BUFFER_MAX = 64 * 1024 };

struct file {
    int fd;
    bool whole;        /* the file's last line is whole */
    struct buf buffer; /* whole lines */
    uint64_t lines;    /* in the buffer */
    uint64_t lost;
};

/* All of it, or -1. A line that was cut short is ended by the next one's newline. */
static int write_all(struct file *file)
{
    const char *at = file->buffer.data;
    size_t left = file->buffer.len;
    if (!file->whole && write(file->fd, "\n", 1) != 1)
        return -1;
    file->whole = true;
    while (left > 0) {
        ssize_t n = write(file->fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        file->whole = at[n - 1] == '\n';
        at += n;
        left -= (size_t)n;
    }
    return 0;
}

static void write_out(struct file *file)
{
    if (file->buffer.len && write_all(file) < 0) {
        if (!file->lost)
            log_error("output: %s", strerror(errno));
        file->lost += file->lines;
    }
    file->lines = 0;
    buf_clear(&file->buffer);
}

static void add_line(void *self, const char *line, size_t len)
{
    struct file *file = self;
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
        log_warning("%llu lines lost: could not be written", (unsigned long long)file->lost);
    if (file->fd != STDOUT_FILENO)
        close(file->fd);
    buf_free(&file->buffer);
    free(file);
}

bool output_file_open(const char *path, struct line_writer *ret_writer)
{
    int fd = strcmp(path, "-") == 0
                 ? STDOUT_FILENO
                 : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd < 0) {
        log_error("output %s: %s", path, strerror(errno));
        return false;
    }
    struct file *file = xcalloc(1, sizeof *file);
    file->fd = fd;
    file->whole = true;
    *ret_writer = (struct line_writer){add_line, hurry, tick, flush, finish, NULL, file};
    return true;
}
