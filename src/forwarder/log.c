#include "log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/own_file.h"
#include "log_secrets.h"

enum { MESSAGE_BYTES_MAX = 1024 };

/* Written by log_open and log_close alone, before other threads start and after they ended. */
static struct {
    int fd;
    enum log_level level;
    _Atomic uint64_t lost; /* messages that could not be written */
} logger = {.fd = -1};

static void add_time(struct buf *b)
{
    struct timespec now;
    struct tm utc;
    char text[32] = "";
    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &utc))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    buf_printf(b, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}

/* A message is one line, whatever a peer put into it. */
static void flatten(struct buf *b)
{
    for (size_t i = 0; i < b->len; i++)
        if ((unsigned char)b->data[i] < 0x20 || b->data[i] == 0x7f)
            b->data[i] = ' ';
}

/* Nobody is left to tell until the next can be written. */
static void write_message(const struct buf *b)
{
    char text[64];
    uint64_t lost = atomic_exchange(&logger.lost, 0);
    int n = lost ? snprintf(text, sizeof text, "%" PRIu64 " messages lost\n", lost) : 0;
    if ((n && write(logger.fd, text, (size_t)n) != n) ||
        write(logger.fd, b->data, b->len) != (ssize_t)b->len)
        atomic_fetch_add(&logger.lost, lost + 1);
}

/* What a cut leaves of a secret would not be found. */
__attribute__((format(printf, 2, 0))) static void add_message(
    struct buf *b, const char *format, va_list args)
{
    struct buf message = {0};
    buf_vprintf(&message, format, args);
    log_secrets_mask(&message);
    buf_add(b, message.data, message.len < MESSAGE_BYTES_MAX ? message.len : MESSAGE_BYTES_MAX);
    buf_free(&message);
}

void log_write(enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"trace", "debug", "info", "warning", "error", "critical"};
    struct buf b = {0};
    va_list args;
    if (logger.fd < 0 || level < logger.level || level >= LEVEL_OFF)
        return;
    add_time(&b);
    buf_printf(&b, " [%d] %s: ", (int)getpid(), names[level]);
    va_start(args, format);
    add_message(&b, format, args);
    va_end(args);
    flatten(&b);
    buf_putc(&b, '\n');
    write_message(&b);
    buf_free(&b);
}

static void write_lines(enum log_level level, const char *lines)
{
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        log_write(level, "%.*s", (int)len, lines);
        lines += len + (lines[len] == '\n');
    }
}

void log_open(const struct options *options)
{
    struct buf described = {0};
    log_close();
    if (!options->log_file || options->log_level == LEVEL_OFF)
        return;
    logger.level = (enum log_level)options->log_level;
    log_secrets_set(options);
    logger.fd = own_file_open(options->log_file, O_APPEND);
    log_info("apmshim " APMSHIM_VERSION " starts");
    write_lines(LEVEL_WARNING, options->problems);
    options_describe(options, &described);
    write_lines(LEVEL_INFO, described.data ? described.data : "");
    buf_free(&described);
}

void log_close(void)
{
    if (logger.fd >= 0)
        close(logger.fd);
    logger.fd = -1;
}
