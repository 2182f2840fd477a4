/* The forwarder's own messages, for the file that log_file names; without one they are dropped.
 * Any thread may log. Secrets are masked in every message. */
#ifndef APMSHIM_LOG_H
#define APMSHIM_LOG_H

#include "options.h"

/* In the order of the words of log_level. */
enum log_level {
    LEVEL_TRACE,
    LEVEL_DEBUG,
    LEVEL_INFO,
    LEVEL_WARNING,
    LEVEL_ERROR,
    LEVEL_CRITICAL,
    LEVEL_OFF
};

/* Opens the file and says what runs, with which options; before that nothing is written. Keeps the
 * options, which must not change any more. */
void log_open(const struct options *options);
void log_close(void);
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_debug(...) log_write(LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) log_write(LEVEL_INFO, __VA_ARGS__)
#define log_warning(...) log_write(LEVEL_WARNING, __VA_ARGS__)
#define log_error(...) log_write(LEVEL_ERROR, __VA_ARGS__)

#endif
