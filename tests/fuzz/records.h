/* Bytes as a sequence of valid records of several writers: what a fuzzer changes in the bytes
 * changes what the traced processes did, not merely whether a length is right. */
#ifndef APMSHIM_TESTS_FUZZ_RECORDS_H
#define APMSHIM_TESTS_FUZZ_RECORDS_H

#include "recording.h"
#include "require.h"

enum { PROCESSES = 3, THREADS = 2, PIDS_FROM = 100 };

struct records {
    struct input input;
    uint64_t time;
    struct writer writer; /* of the record at hand */
    union {
        struct record head;
        uint8_t bytes[RECORD_SIZE_MAX];
    } record;
    size_t used; /* of the record so far */
};

static inline void *records_begin(struct records *r, enum record_type type, size_t fixed)
{
    memset(&r->record, 0, fixed);
    r->record.head = (struct record){.type = (uint16_t)type, .time = r->time};
    r->used = fixed;
    return &r->record;
}

static inline size_t records_append(struct records *r, struct bytes bytes)
{
    if (bytes.len > sizeof r->record - r->used)
        bytes.len = sizeof r->record - r->used;
    if (bytes.len)
        memcpy(r->record.bytes + r->used, bytes.data, bytes.len);
    r->used += bytes.len;
    return bytes.len;
}

/* A text that means something, or anything. */
static inline struct bytes records_text(
    struct records *r, const char *const *known, size_t known_count)
{
    uint8_t choice = input_byte(&r->input);
    if (choice < known_count)
        return bytes_of(known[choice]);
    return input_bytes(&r->input, choice);
}

static inline void records_end(struct records *r)
{
    size_t size = record_round(r->used);
    memset(r->record.bytes + r->used, 0, size - r->used);
    r->record.head.size = (uint32_t)size;
    require(record_valid(&r->record.head, size));
}

/* ---- what may happen ---- */

#define TRACED_REQUEST                                                                             \
    "GET /b?c=d HTTP/1.1\r\nHost: a.example\r\n"                                                   \
    "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n"

static const char *const records_http[] = {"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "POST /orders/17 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc",
    "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n\r\n", TRACED_REQUEST,
    "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "5\r\nhello\r\n0\r\n\r\n", "GE", "T / HTTP/1.0\r\n\r\n"};

static const char *const records_sql[] = {"SELECT 1", "BEGIN", "COMMIT",
    "INSERT INTO orders VALUES (1, 'x')", "UPDATE orders SET n = 2 WHERE id = 3",
    "PREPARE p AS SELECT 1", "EXECUTE p", "DEALLOCATE p", "SELECT 1; SELECT 2", ""};

static const char *const records_names[] = {"p", "orders", "localhost", "5432", "17", ""};

#define RECORDS_TEXT(r, known) records_text(r, known, sizeof(known) / sizeof *(known))

static inline void records_process(struct records *r)
{
    struct rec_process *p = records_begin(r, REC_PROCESS, sizeof *p);
    p->pid = r->writer.pid;
    p->ppid = PIDS_FROM + input_byte(&r->input) % (PROCESSES + 1);
    p->fork_time = input_byte(&r->input);
    p->exe_len = (uint32_t)records_append(r, RECORDS_TEXT(r, records_names));
    p->argv_len = (uint32_t)records_append(r, RECORDS_TEXT(r, records_names));
}

static inline void records_exit(struct records *r)
{
    struct rec_exit *e = records_begin(r, REC_EXIT, sizeof *e);
    e->status = input_byte(&r->input);
}

/* Of files that are not there: others would be opened. */
static inline void records_modules(struct records *r)
{
    static const char path[] = "/nonexistent/lib.so";
    struct rec_modules *m = records_begin(r, REC_MODULES, sizeof *m);
    m->map_id = input_byte(&r->input) % 4;
    struct rec_module entry = {.bias = 0x1000, .start = 0x1000, .end = 0x9000};
    entry.path_len = sizeof path - 1;
    entry.size = (uint16_t)record_round(sizeof entry + sizeof path - 1);
    entry.is_main = input_byte(&r->input) & 1;
    entry.size += (uint16_t)(input_byte(&r->input) / 250); /* seldom wrong */
    records_append(r, (struct bytes){(const char *)&entry, sizeof entry});
    records_append(r, (struct bytes){path, sizeof path - 1});
}

static inline void records_stack(struct records *r)
{
    struct rec_stack *s = records_begin(r, REC_STACK, sizeof *s);
    s->stack_id = input_byte(&r->input) % 6;
    s->map_id = input_byte(&r->input) % 4;
    s->native_count = input_byte(&r->input) % (STACK_FRAMES_MAX + 1);
    for (uint32_t i = 0; i < s->native_count; i++) {
        uint64_t address = 0x1000 + (uint64_t)input_byte(&r->input) * 0x100;
        records_append(r, (struct bytes){(const char *)&address, sizeof address});
    }
    s->code_count = input_byte(&r->input) % 8;
    for (uint32_t i = 0; i < s->code_count; i++) {
        const struct rec_code_frame frame = {.code_id = input_byte(&r->input) % 6,
            .position = input_byte(&r->input),
            .native_index = input_byte(&r->input) % (STACK_FRAMES_MAX + 2)};
        records_append(r, (struct bytes){(const char *)&frame, sizeof frame});
    }
}

static inline void records_code(struct records *r)
{
    struct rec_code *c = records_begin(r, REC_CODE, sizeof *c);
    c->code_id = input_byte(&r->input) % 6;
    c->language = input_byte(&r->input) % 6;
    c->first_line = input_byte(&r->input);
    c->name_len = (uint16_t)records_append(r, RECORDS_TEXT(r, records_names));
    c->file_len = (uint16_t)records_append(r, RECORDS_TEXT(r, records_names));
    c->table_len = (uint32_t)records_append(r, input_bytes(&r->input, input_byte(&r->input) % 40));
}

static inline void records_socket(struct records *r, enum record_type type)
{
    struct rec_socket *s = records_begin(r, type, sizeof *s);
    s->cookie = input_byte(&r->input) % 6;
    s->address.family = input_byte(&r->input) % 5;
    s->address.port = input_byte(&r->input);
    s->path_len = (uint32_t)records_append(r, RECORDS_TEXT(r, records_names));
}

static inline void records_close(struct records *r)
{
    struct rec_close *c = records_begin(r, REC_CLOSE, sizeof *c);
    c->cookie = input_byte(&r->input) % 6;
}

static inline void records_origin(struct records *r)
{
    struct rec_origin *o = records_begin(r, REC_ORIGIN, sizeof *o);
    o->cookie = input_byte(&r->input) % 6;
    o->stack_id = input_byte(&r->input) % 6;
}

static inline void records_run(struct records *r, enum record_type type)
{
    struct rec_run *run = records_begin(r, type, sizeof *run);
    uint8_t how = input_byte(&r->input);
    run->cookie = how % 6;
    run->head.flags = how >> 5 & (RUN_EOF | RUN_ERROR);
    if (how % 32 > 24) /* seldom */
        run->head.flags |= input_byte(&r->input) &
                           (RUN_TLS | RUN_FRAMES | RUN_GAP | RUN_GAP_BACK | RUN_COUNT | RUN_CIPHER);
    uint8_t length = input_byte(&r->input);
    run->elapsed = length * UINT64_C(1000);
    run->task = length >> 6;
    run->head_len = (uint32_t)records_append(r, RECORDS_TEXT(r, records_http));
    run->total = run->head_len;
    if (how & 128) { /* cut */
        run->tail_len = (uint32_t)records_append(r, RECORDS_TEXT(r, records_http));
        run->total += run->tail_len + input_byte(&r->input) - 2;
    }
}

static inline void records_pg_connect(struct records *r)
{
    struct rec_pg_connect *c = records_begin(r, REC_PG_CONNECT, sizeof *c);
    c->conn = input_byte(&r->input) % 4;
    c->ok = input_byte(&r->input) % 3 - 1;
    c->contact = input_byte(&r->input) % (PG_CONTACT_CANCEL + 2);
    c->encoding = input_byte(&r->input) % 42 - 1;
    uint8_t where = input_byte(&r->input);
    c->stack_id = where % 6;
    c->task = where >> 6;
    c->host_len = (uint16_t)records_append(r, RECORDS_TEXT(r, records_names));
    c->port_len = (uint16_t)records_append(r, RECORDS_TEXT(r, records_names));
    c->db_len = (uint16_t)records_append(r, RECORDS_TEXT(r, records_names));
    c->user_len = (uint16_t)records_append(r, RECORDS_TEXT(r, records_names));
    c->error_len = c->ok == 1 ? 0 : (uint16_t)records_append(r, RECORDS_TEXT(r, records_names));
}

static inline void records_pg_send(struct records *r)
{
    struct rec_pg_send *s = records_begin(r, REC_PG_SEND, sizeof *s);
    uint8_t how = input_byte(&r->input);
    s->conn = how % 4;
    s->head.flags = how >> 6 & (PG_ASYNC | PG_PIPELINED);
    s->kind = input_byte(&r->input) % (PG_KINDS + 1);
    s->encoding = input_byte(&r->input) % 42 - 1;
    s->function = input_byte(&r->input);
    uint8_t where = input_byte(&r->input);
    s->stack_id = where % 6;
    s->task = where >> 6;
    s->sql_len = (uint32_t)records_append(r, RECORDS_TEXT(r, records_sql));
    s->sql_total = s->sql_len + (how & 32);
    s->name_len = (uint16_t)records_append(r, RECORDS_TEXT(r, records_names));
    s->params = input_byte(&r->input) % 4;
    s->params_len = (uint16_t)records_append(r, input_bytes(&r->input, input_byte(&r->input) % 40));
}

static inline void records_pg_result(struct records *r, enum record_type type)
{
    struct rec_pg_result *p = records_begin(r, type, sizeof *p);
    uint8_t how = input_byte(&r->input);
    p->conn = how % 4;
    p->task = how >> 2 & 3;
    p->head.flags = how >> 7; /* PG_OF_LAST */
    p->complete = how & 64 ? r->time - input_byte(&r->input) : 0;
    p->bytes = how & 32 ? input_byte(&r->input) : 0;
    p->memory = how & 16 ? input_number(&r->input) : 0;
    p->status = input_byte(&r->input) % 12 - 1;
    p->rows = input_byte(&r->input) - 1;
    static const char states[][6] = {"", "23505", "42601", "42703"};
    memcpy(p->sqlstate, states[input_byte(&r->input) % 4], 6);
    p->tag_len = (uint16_t)records_append(r, RECORDS_TEXT(r, records_names));
    if (p->status == 7)
        p->error_len = (uint16_t)records_append(r, RECORDS_TEXT(r, records_names));
    p->detail_len = (uint16_t)records_append(r, RECORDS_TEXT(r, records_names));
    p->hint_len = (uint16_t)records_append(r, RECORDS_TEXT(r, records_names));
    p->source_len = (uint16_t)records_append(r, RECORDS_TEXT(r, records_names));
    p->names_len = (uint16_t)records_append(r, RECORDS_TEXT(r, records_names));
}

static inline void records_pg_finish(struct records *r)
{
    struct rec_pg_finish *f = records_begin(r, REC_PG_FINISH, sizeof *f);
    f->conn = input_byte(&r->input) % 4;
}

static inline void records_api(struct records *r)
{
    struct rec_api *a = records_begin(r, REC_API, sizeof *a);
    uint8_t where = input_byte(&r->input);
    a->handle = where % 6;
    a->task = where >> 6;
    a->call = input_byte(&r->input) % (API_TRANSACTION_NAME + 2);
    a->outcome = input_byte(&r->input) % 4;
    a->name_len = (uint16_t)records_append(r, RECORDS_TEXT(r, records_names));
    a->type_len = (uint16_t)records_append(r, RECORDS_TEXT(r, records_names));
}

/* Any numbers at all in the fixed part, as a process with a broken memory would leave them. */
static inline bool records_broken(struct records *r)
{
    size_t size = 16 + (size_t)input_byte(&r->input) % 32 * 8;
    records_begin(r, REC_PAD, sizeof r->record.head);
    records_append(r, input_bytes(&r->input, size));
    r->record.head.type = input_byte(&r->input) % REC_TYPES;
    r->record.head.flags = (uint16_t)input_number(&r->input);
    r->record.head.time = input_number(&r->input);
    r->record.head.size = (uint32_t)record_round(r->used);
    return r->record.head.type != REC_MODULES && record_valid(&r->record.head, r->record.head.size);
}

static inline void records_of_type(struct records *r, enum record_type type)
{
    switch (type) {
    case REC_PROCESS:
        records_process(r);
        break;
    case REC_EXIT:
        records_exit(r);
        break;
    case REC_MODULES:
        records_modules(r);
        break;
    case REC_STACK:
        records_stack(r);
        break;
    case REC_LISTEN:
    case REC_ACCEPT:
    case REC_CONNECT:
        records_socket(r, type);
        break;
    case REC_CLOSE:
        records_close(r);
        break;
    case REC_RECV:
    case REC_SEND:
        records_run(r, type);
        break;
    case REC_PG_CONNECT:
        records_pg_connect(r);
        break;
    case REC_PG_SEND:
        records_pg_send(r);
        break;
    case REC_PG_RESULT:
    case REC_PG_DONE:
        records_pg_result(r, type);
        break;
    case REC_PG_FINISH:
        records_pg_finish(r);
        break;
    case REC_API:
        records_api(r);
        break;
    case REC_CODE:
        records_code(r);
        break;
    case REC_ORIGIN:
        records_origin(r);
        break;
    case REC_PAD:
    case REC_TYPES:
        records_close(r);
        break;
    }
    records_end(r);
}

static inline void records_pass_time(struct records *r)
{
    static const uint64_t steps[] = {
        0, 1000, 1000000, 60000000, 110000000, UINT64_C(6000000000), UINT64_C(31000000000)};
    r->time += steps[input_byte(&r->input) % (sizeof steps / sizeof *steps)];
}

static inline void records_choose_writer(struct records *r)
{
    uint8_t who = input_byte(&r->input) % (PROCESSES * THREADS);
    uint32_t pid = PIDS_FROM + who / THREADS;
    r->writer = (struct writer){pid, pid + 50u * (who % THREADS), who + 1};
}

#endif
