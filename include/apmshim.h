/* Optional: names for work that no protocol shows (a batch's steps, a queue's jobs).
 *
 * All functions are weak references: without libapmshim.so preloaded the inline wrappers do
 * nothing. Call these wrappers; every one may be called from any thread, never blocks, never fails,
 * and keeps errno. Strings are copied (at most 255 bytes), UTF-8. */
#ifndef APMSHIM_H
#define APMSHIM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum apmshim_outcome { APMSHIM_UNKNOWN, APMSHIM_SUCCESS, APMSHIM_FAILURE };

uint64_t apmshim_transaction_begin(const char *name, const char *type) __attribute__((weak));
void apmshim_transaction_end(uint64_t handle, const char *result, enum apmshim_outcome outcome)
    __attribute__((weak));
uint64_t apmshim_span_begin(const char *name, const char *type) __attribute__((weak));
void apmshim_span_end(uint64_t handle, enum apmshim_outcome outcome) __attribute__((weak));
void apmshim_transaction_name(const char *name) __attribute__((weak));

/* The calling thread works for a new transaction until it is ended. 0 without the shim. */
static inline uint64_t apm_transaction_begin(const char *name, const char *type)
{
    return apmshim_transaction_begin ? apmshim_transaction_begin(name, type) : 0;
}

/* By the thread that began it. */
static inline void apm_transaction_end(
    uint64_t handle, const char *result, enum apmshim_outcome outcome)
{
    if (handle && apmshim_transaction_end)
        apmshim_transaction_end(handle, result, outcome);
}

/* A part of what the calling thread works for; spans of one thread nest. */
static inline uint64_t apm_span_begin(const char *name, const char *type)
{
    return apmshim_span_begin ? apmshim_span_begin(name, type) : 0;
}

static inline void apm_span_end(uint64_t handle, enum apmshim_outcome outcome)
{
    if (handle && apmshim_span_end)
        apmshim_span_end(handle, outcome);
}

/* Renames what the calling thread works for. */
static inline void apm_transaction_name(const char *name)
{
    if (apmshim_transaction_name)
        apmshim_transaction_name(name);
}

#ifdef __cplusplus
}
#endif

#endif
