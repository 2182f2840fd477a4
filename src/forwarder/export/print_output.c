#include "export/print_output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/own_file.h"
#include "log.h"

enum {
    KEPT_BYTES_MAX = 1 << 20,
    RETRY_MS = 20,
};

struct print_output {
    const struct options *options;
    int fd;          /* -1: a FIFO that nobody reads */
    struct buf kept; /* the rest of a text, and whole ones */
    uint64_t lost;
};

static bool is_stdout(const char *path)
{
    return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
}

static bool try_open(struct print_output *o)
{
    o->fd =
        is_stdout(o->options->print) ? STDOUT_FILENO : own_file_open(o->options->print, O_APPEND);
    return o->fd >= 0 || errno == ENXIO; /* fifo(7): no reader yet */
}

struct print_output *print_output_open(const struct options *options)
{
    struct print_output *o = xcalloc(1, sizeof *o);
    o->options = options;
    if (!try_open(o)) /* tried again for each trace */
        log_error("print %s: %s", options->print, strerror(errno));
    return o;
}

struct look terminal_look(int fd)
{
    const char *no_color = getenv("NO_COLOR"), *kind = getenv("TERM");
    struct winsize size = {0};
    if (!isatty(fd))
        return (struct look){0};
    (void)ioctl(fd, TIOCGWINSZ, &size);
    return (struct look){.width = size.ws_col,
        .color = !(no_color && *no_color) && !(kind && strcmp(kind, "dumb") == 0)};
}

struct look print_look(const struct options *options, int fd)
{
    struct look look = terminal_look(fd);
    if (options->print_width)
        look.width = (int)options->print_width;
    if (options->print_color != COLOR_AUTO)
        look.color = options->print_color == COLOR_ALWAYS;
    return look;
}

struct look print_output_look(const struct print_output *o)
{
    return print_look(o->options, o->fd);
}

/* The reader left, or there never was one: what is left of a text is no use to the next. */
static void reopen(struct print_output *o)
{
    if (o->fd >= 0 && o->fd != STDOUT_FILENO)
        close(o->fd);
    o->lost += o->kept.len > 0;
    buf_clear(&o->kept);
    if (!try_open(o) || o->fd == STDOUT_FILENO)
        o->fd = -1;
}

static void write_kept(struct print_output *o)
{
    while (o->kept.len > 0 && o->fd >= 0) {
        ssize_t n = write(o->fd, o->kept.data, o->kept.len);
        if (n > 0) {
            o->kept.len -= (size_t)n;
            memmove(o->kept.data, o->kept.data + n, o->kept.len + 1);
        } else if (n < 0 && errno == EAGAIN) {
            return;
        } else if (n == 0 || errno != EINTR) {
            if (!o->lost)
                log_warning("print %s: %s", o->options->print, strerror(errno));
            reopen(o);
            return;
        }
    }
}

void print_output_write(struct print_output *o, const char *text, size_t len)
{
    if (o->fd < 0)
        reopen(o);
    if (o->fd < 0 || (o->kept.len && o->kept.len + len > KEPT_BYTES_MAX)) {
        o->lost++;
        return;
    }
    buf_add(&o->kept, text, len);
    print_output_drain(o, o->fd == STDOUT_FILENO ? UINT_MAX : 0);
}

void print_output_drain(struct print_output *o, unsigned limit_ms)
{
    write_kept(o);
    for (unsigned waited = 0; o->kept.len && o->fd >= 0 && waited < limit_ms; waited += RETRY_MS) {
        struct pollfd fd = {.fd = o->fd, .events = POLLOUT};
        (void)poll(&fd, 1, RETRY_MS);
        write_kept(o);
    }
}

void print_output_close(struct print_output *o)
{
    o->lost += o->kept.len > 0;
    if (o->lost)
        log_warning("%llu readable traces lost: nobody read them", (unsigned long long)o->lost);
    if (o->fd >= 0 && o->fd != STDOUT_FILENO)
        close(o->fd);
    buf_free(&o->kept);
    free(o);
}
