/* Checks of one record's own lengths. */
#include "wire/record.h"

/* Smallest size of each type; 0: unknown type. */
static const uint16_t fixed_size[REC_TYPES] = {
    [REC_PROCESS] = sizeof(struct rec_process),
    [REC_EXIT] = sizeof(struct rec_exit),
    [REC_MODULES] = sizeof(struct rec_modules),
    [REC_STACK] = sizeof(struct rec_stack),
    [REC_CODE] = sizeof(struct rec_code),
    [REC_LISTEN] = sizeof(struct rec_socket),
    [REC_ACCEPT] = sizeof(struct rec_socket),
    [REC_CONNECT] = sizeof(struct rec_socket),
    [REC_CLOSE] = sizeof(struct rec_close),
    [REC_RECV] = sizeof(struct rec_run),
    [REC_SEND] = sizeof(struct rec_run),
    [REC_PG_CONNECT] = sizeof(struct rec_pg_connect),
    [REC_PG_SEND] = sizeof(struct rec_pg_send),
    [REC_PG_RESULT] = sizeof(struct rec_pg_result),
    [REC_PG_DONE] = sizeof(struct rec_pg_result),
    [REC_PG_FINISH] = sizeof(struct rec_pg_finish),
    [REC_API] = sizeof(struct rec_api),
    [REC_ORIGIN] = sizeof(struct rec_origin),
};

/* Bytes that follow the fixed part, by the record's own word; 64 bits cannot overflow here. */
static uint64_t variable_size(const struct record *record)
{
    switch (record->type) {
    case REC_PROCESS: {
        const struct rec_process *r = (const void *)record;
        return (uint64_t)r->exe_len + r->argv_len + r->folder_len;
    }
    case REC_STACK: {
        const struct rec_stack *r = (const void *)record;
        return (uint64_t)r->native_count * 8 +
               (uint64_t)r->code_count * sizeof(struct rec_code_frame);
    }
    case REC_CODE: {
        const struct rec_code *r = (const void *)record;
        return (uint64_t)r->name_len + r->file_len + r->table_len;
    }
    case REC_LISTEN:
    case REC_ACCEPT:
    case REC_CONNECT:
        return ((const struct rec_socket *)(const void *)record)->path_len;
    case REC_RECV:
    case REC_SEND: {
        const struct rec_run *r = (const void *)record;
        return (uint64_t)r->head_len + r->tail_len;
    }
    case REC_PG_CONNECT: {
        const struct rec_pg_connect *r = (const void *)record;
        return (uint64_t)r->host_len + r->port_len + r->db_len + r->user_len + r->error_len;
    }
    case REC_PG_SEND: {
        const struct rec_pg_send *r = (const void *)record;
        return (uint64_t)r->sql_len + r->name_len + r->params_len;
    }
    case REC_PG_RESULT:
    case REC_PG_DONE: {
        const struct rec_pg_result *r = (const void *)record;
        return (uint64_t)r->tag_len + r->error_len + r->detail_len + r->hint_len + r->source_len +
               r->names_len;
    }
    case REC_API: {
        const struct rec_api *r = (const void *)record;
        return (uint64_t)r->name_len + r->type_len;
    }
    default:
        return 0;
    }
}

bool record_valid(const struct record *record, size_t left)
{
    if (left < sizeof *record || record->size > left || record->size % 8 ||
        record->type >= REC_TYPES)
        return false;
    size_t fixed = fixed_size[record->type];
    return fixed && record->size >= fixed && variable_size(record) <= record->size - fixed;
}
