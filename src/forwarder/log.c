#include "log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SECRET_LEAST = 4 /* shorter ones would mask half of every message */ };

/* Written by log_open and log_close alone, before other threads start and after they ended. */
static struct {
    int fd;
    enum log_level level;
    const char *secrets[2];
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

static void mask(struct buf *b, const char *secret)
{
    char *found;
    if (!secret || strlen(secret) < SECRET_LEAST)
        return;
    while ((found = strstr(b->data, secret))) {
        struct buf masked = {0};
        buf_add(&masked, b->data, (size_t)(found - b->data));
        buf_puts(&masked, "[REDACTED]");
        buf_puts(&masked, found + strlen(secret));
        if (strstr("[REDACTED]", secret)) { /* would be found for ever */
            buf_free(&masked);
            return;
        }
        buf_free(b);
        *b = masked;
    }
}

/* A message is one line, whatever a peer put into it. */
static void flatten(struct buf *b)
{
    for (size_t i = 0; i < b->len; i++)
        if ((unsigned char)b->data[i] < 0x20 || b->data[i] == 0x7f)
            b->data[i] = ' ';
}

void log_write(enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"trace", "debug", "info", "warning", "error", "critical"};
    struct buf b = {0};
    va_list args;
    char text[1024];
    if (logger.fd < 0 || level < logger.level || level >= LEVEL_OFF)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add_time(&b);
    buf_printf(&b, " [%d] %s: %s", (int)getpid(), names[level], text);
    mask(&b, logger.secrets[0]);
    mask(&b, logger.secrets[1]);
    flatten(&b);
    buf_putc(&b, '\n');
    ssize_t n = write(logger.fd, b.data, b.len);
    (void)n; /* nobody is left to tell */
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
    logger.secrets[0] = options->secret_token;
    logger.secrets[1] = options->api_key;
    logger.fd = open(options->log_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
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
