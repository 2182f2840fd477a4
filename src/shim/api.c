/* The public API: the service names its own work. */
#include "apmshim.h"

#include <stdatomic.h>
#include <string.h>

#include "interpreter.h"
#include "recorder.h"

enum { TEXT_MAX = 255 };

static _Atomic uint64_t handles;

static void write_call(
    enum api_call call, uint64_t handle, const char *name, const char *type, int outcome)
{
    struct guard guard;
    if (!recorder_enter(&guard))
        return;
    size_t name_len = name ? strnlen(name, TEXT_MAX) : 0,
           type_len = type ? strnlen(type, TEXT_MAX) : 0;
    struct rec_api *r = recorder_begin(REC_API, sizeof *r + name_len + type_len, recorder_now());
    if (r) {
        r->handle = handle;
        r->task = interpreter_task();
        r->call = call;
        r->outcome = outcome;
        r->name_len = (uint16_t)name_len;
        r->type_len = (uint16_t)type_len;
        r->reserved = 0;
        memcpy(r + 1, name_len ? name : "", name_len);
        memcpy((char *)(r + 1) + name_len, type_len ? type : "", type_len);
        recorder_commit(r);
    }
    recorder_leave(&guard);
}

static uint64_t new_handle(void)
{
    return atomic_fetch_add_explicit(&handles, 1, memory_order_relaxed) + 1;
}

EXPORT uint64_t apmshim_transaction_begin(const char *name, const char *type)
{
    uint64_t handle = new_handle();
    recorder_start();
    write_call(API_TRANSACTION_BEGIN, handle, name, type, 0);
    return handle;
}

EXPORT void apmshim_transaction_end(
    uint64_t handle, const char *result, enum apmshim_outcome outcome)
{
    write_call(API_TRANSACTION_END, handle, result, NULL, (int)outcome);
}

EXPORT uint64_t apmshim_span_begin(const char *name, const char *type)
{
    uint64_t handle = new_handle();
    write_call(API_SPAN_BEGIN, handle, name, type, 0);
    return handle;
}

EXPORT void apmshim_span_end(uint64_t handle, enum apmshim_outcome outcome)
{
    write_call(API_SPAN_END, handle, NULL, NULL, (int)outcome);
}

EXPORT void apmshim_transaction_name(const char *name)
{
    write_call(API_TRANSACTION_NAME, 0, name, NULL, 0);
}
