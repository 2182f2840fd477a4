/* Prints a recording as text: one line a record. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "command.h"
#include "recording.h"

/* Walks through the variable parts, in their order. */
struct parts {
    const char *next;
};

static struct bytes take(struct parts *parts, size_t len)
{
    struct bytes part = {parts->next, len};
    parts->next += len;
    return part;
}

static void print_quoted(const char *name, struct bytes text)
{
    printf(" %s=\"", name);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c == '\n' || c == '\r' || c == '\t')
            printf("\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else if (c < 0x20 || c == 0x7f)
            printf("\\x%02x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void print_part(const char *name, struct bytes text)
{
    if (text.len)
        print_quoted(name, text);
}

static void print_process(const struct record *record)
{
    const struct rec_process *r = (const void *)record;
    struct parts parts = {(const char *)(r + 1)};
    printf(" pid=%u ppid=%u", r->pid, r->ppid);
    if (r->fork_time)
        printf(" forked_by_thread=%u", r->parent_thread);
    if (r->exec_count)
        printf(" owner");
    print_part("exe", take(&parts, r->exe_len));
    print_part("argv", take(&parts, r->argv_len));
    print_part("folder", take(&parts, r->folder_len));
}

static void print_exit(const struct record *record)
{
    printf(" status=%d", ((const struct rec_exit *)(const void *)record)->status);
}

static void print_module(const struct rec_module *module)
{
    const char *path = (const char *)(module + 1);
    printf(
        "\n    %#" PRIx64 "-%#" PRIx64 " bias=%#" PRIx64, module->start, module->end, module->bias);
    print_part("path", (struct bytes){path, module->path_len});
    if (module->is_main)
        printf(" main");
    printf(" build_id=");
    for (unsigned i = 0; i < module->build_id_len; i++)
        printf("%02x", (unsigned char)path[module->path_len + i]);
}

/* record_valid leaves the entries' own sizes to whoever walks through them. */
static void print_modules(const struct record *record)
{
    const struct rec_modules *r = (const void *)record;
    const char *at = (const char *)(r + 1), *end = (const char *)record + record->size;
    printf(" map=%#" PRIx64, r->map_id);
    while ((size_t)(end - at) >= sizeof(struct rec_module)) {
        const struct rec_module *module = (const void *)at;
        size_t left = (size_t)(end - at), parts = (size_t)module->path_len + module->build_id_len;
        if (module->size < sizeof *module + parts || module->size % 8 || module->size > left)
            break;
        print_module(module);
        at += module->size;
    }
}

static void print_stack(const struct record *record)
{
    const struct rec_stack *r = (const void *)record;
    const uint64_t *addresses = (const void *)(r + 1);
    const struct rec_code_frame *code = (const void *)(addresses + r->native_count);
    printf(" stack=%#" PRIx64 " map=%#" PRIx64, r->stack_id, r->map_id);
    for (uint32_t i = 0; i < r->native_count; i++)
        printf(" %#" PRIx64, addresses[i]);
    for (uint32_t i = 0; i < r->code_count; i++)
        printf(" code=%#" PRIx64 "+%u@%u", code[i].code_id, code[i].position, code[i].native_index);
}

static void print_code(const struct record *record)
{
    const struct rec_code *r = (const void *)record;
    struct parts parts = {(const char *)(r + 1)};
    printf(" code=%#" PRIx64 " language=%u first_line=%u", r->code_id, r->language, r->first_line);
    print_part("name", take(&parts, r->name_len));
    print_part("file", take(&parts, r->file_len));
    printf(" table_bytes=%u", r->table_len);
}

static void print_address(const struct rec_address *address)
{
    char text[INET6_ADDRSTRLEN] = "?";
    if (address->family == ADDRESS_IPV4)
        inet_ntop(AF_INET, address->ip, text, sizeof text);
    else if (address->family == ADDRESS_IPV6)
        inet_ntop(AF_INET6, address->ip, text, sizeof text);
    else
        return;
    printf(address->family == ADDRESS_IPV6 ? " address=[%s]:%u" : " address=%s:%u", text,
        address->port);
}

static void print_socket(const struct record *record)
{
    const struct rec_socket *r = (const void *)record;
    printf(" cookie=%" PRIu64 " fd=%d", r->cookie, r->fd);
    if (r->listener)
        printf(" listener=%" PRIu64, r->listener);
    print_address(&r->address);
    print_part("path", (struct bytes){(const char *)(r + 1), r->path_len});
}

static void print_close(const struct record *record)
{
    printf(" cookie=%" PRIu64, ((const struct rec_close *)(const void *)record)->cookie);
}

static void print_task(uint64_t task)
{
    if (task)
        printf(" task=%#" PRIx64, task);
}

static void print_run(const struct record *record)
{
    const struct rec_run *r = (const void *)record;
    struct parts parts = {(const char *)(r + 1)};
    printf(" cookie=%" PRIu64 " bytes=%" PRIu64, r->cookie, r->total);
    if (r->elapsed)
        printf(" elapsed_us=%" PRIu64, r->elapsed / 1000);
    if (record->flags & RUN_EOF)
        printf(" eof");
    if (record->flags & RUN_ERROR)
        printf(" error");
    if (record->flags & RUN_TLS)
        printf(" tls");
    if (record->flags & RUN_FRAMES)
        printf(" frames");
    if (record->flags & RUN_COUNT)
        printf(" count");
    if (record->flags & RUN_CIPHER)
        printf(" cipher");
    if (record->flags & RUN_GAP)
        printf(" gap");
    if (record->flags & RUN_GAP_BACK)
        printf(" gap-back");
    print_task(r->task);
    print_part("head", take(&parts, r->head_len));
    print_part("tail", take(&parts, r->tail_len));
}

static void print_pg_connect(const struct record *record)
{
    const struct rec_pg_connect *r = (const void *)record;
    struct parts parts = {(const char *)(r + 1)};
    static const char *const contacts[] = {"connect", "reset", "ping", "cancel"};
    printf(" conn=%#" PRIx64 " %s ok=%d backend=%u elapsed_us=%" PRIu64 " stack=%#" PRIx64, r->conn,
        r->contact < sizeof contacts / sizeof *contacts ? contacts[r->contact] : "?", r->ok,
        r->backend_pid, r->elapsed / 1000, r->stack_id);
    print_task(r->task);
    print_part("host", take(&parts, r->host_len));
    print_part("port", take(&parts, r->port_len));
    print_part("db", take(&parts, r->db_len));
    print_part("user", take(&parts, r->user_len));
    print_part("error", take(&parts, r->error_len));
}

static void print_pg_send(const struct record *record)
{
    static const char *const kinds[] = {[PG_QUERY] = "query",
        [PG_QUERY_PARAMS] = "query_params",
        [PG_PREPARE] = "prepare",
        [PG_EXECUTE] = "execute",
        [PG_DESCRIBE] = "describe",
        [PG_CLOSE] = "close",
        [PG_FUNCTION] = "function",
        [PG_DESCRIBE_PORTAL] = "describe_portal",
        [PG_CLOSE_PORTAL] = "close_portal"};
    const struct rec_pg_send *r = (const void *)record;
    struct parts parts = {(const char *)(r + 1)};
    printf(" conn=%#" PRIx64 " kind=%s%s%s params=%u stack=%#" PRIx64, r->conn,
        r->kind < sizeof kinds / sizeof *kinds ? kinds[r->kind] : "?",
        record->flags & PG_ASYNC ? " async" : "", record->flags & PG_PIPELINED ? " pipelined" : "",
        r->params, r->stack_id);
    print_task(r->task);
    if (r->function)
        printf(" function=%u", r->function);
    if (r->sql_total != r->sql_len)
        printf(" of_bytes=%" PRIu64, r->sql_total);
    print_part("sql", take(&parts, r->sql_len));
    print_part("name", take(&parts, r->name_len));
    print_part("values", take(&parts, r->params_len));
}

static void print_pg_result(const struct record *record)
{
    const struct rec_pg_result *r = (const void *)record;
    struct parts parts = {(const char *)(r + 1)};
    printf(" conn=%#" PRIx64 "%s status=%d rows=%" PRId64 " bytes=%" PRIu64 " memory=%" PRIu64,
        r->conn, record->flags & PG_OF_LAST ? " last" : "", r->status, r->rows, r->bytes,
        r->memory);
    print_task(r->task);
    if (r->complete)
        printf(" complete_us=-%" PRIu64, (record->time - r->complete) / 1000);
    print_part("sqlstate", (struct bytes){r->sqlstate, strnlen(r->sqlstate, sizeof r->sqlstate)});
    print_part("tag", take(&parts, r->tag_len));
    print_part("error", take(&parts, r->error_len));
    print_part("detail", take(&parts, r->detail_len));
    print_part("hint", take(&parts, r->hint_len));
    print_part("source", take(&parts, r->source_len));
    print_part("names", take(&parts, r->names_len));
}

static void print_pg_finish(const struct record *record)
{
    printf(" conn=%#" PRIx64, ((const struct rec_pg_finish *)(const void *)record)->conn);
}

static void print_api(const struct record *record)
{
    static const char *const calls[] = {[API_TRANSACTION_BEGIN] = "transaction_begin",
        [API_TRANSACTION_END] = "transaction_end",
        [API_SPAN_BEGIN] = "span_begin",
        [API_SPAN_END] = "span_end",
        [API_TRANSACTION_NAME] = "transaction_name"};
    const struct rec_api *r = (const void *)record;
    struct parts parts = {(const char *)(r + 1)};
    printf(" handle=%" PRIu64 " call=%s outcome=%d", r->handle,
        r->call < sizeof calls / sizeof *calls ? calls[r->call] : "?", r->outcome);
    print_task(r->task);
    print_part("name", take(&parts, r->name_len));
    print_part("type", take(&parts, r->type_len));
}

static void print_origin(const struct record *record)
{
    const struct rec_origin *r = (const void *)record;
    printf(" cookie=%" PRIu64 " stack=%#" PRIx64, r->cookie, r->stack_id);
}

static const struct {
    const char *name;
    void (*print)(const struct record *record);
} types[REC_TYPES] = {
    [REC_PROCESS] = {"PROCESS", print_process},
    [REC_EXIT] = {"EXIT", print_exit},
    [REC_MODULES] = {"MODULES", print_modules},
    [REC_STACK] = {"STACK", print_stack},
    [REC_CODE] = {"CODE", print_code},
    [REC_LISTEN] = {"LISTEN", print_socket},
    [REC_ACCEPT] = {"ACCEPT", print_socket},
    [REC_CONNECT] = {"CONNECT", print_socket},
    [REC_CLOSE] = {"CLOSE", print_close},
    [REC_RECV] = {"RECV", print_run},
    [REC_SEND] = {"SEND", print_run},
    [REC_PG_CONNECT] = {"PG_CONNECT", print_pg_connect},
    [REC_PG_SEND] = {"PG_SEND", print_pg_send},
    [REC_PG_RESULT] = {"PG_RESULT", print_pg_result},
    [REC_PG_DONE] = {"PG_DONE", print_pg_result},
    [REC_PG_FINISH] = {"PG_FINISH", print_pg_finish},
    [REC_API] = {"API", print_api},
    [REC_ORIGIN] = {"ORIGIN", print_origin},
};

struct dump {
    uint64_t first; /* time of the first record, ns */
    uint64_t count;
};

static void print_record(void *self, const struct writer *writer, const struct record *record)
{
    struct dump *dump = self;
    if (dump->count++ == 0)
        dump->first = record->time;
    double seconds = (double)(int64_t)(record->time - dump->first) / 1e9;
    printf("%+.6f %u/%u %s", seconds, writer->pid, writer->tid,
        types[record->type].name ? types[record->type].name : "?");
    if (types[record->type].print)
        types[record->type].print(record);
    putchar('\n');
}

static void print_start(uint64_t realtime_offset, const struct dump *dump)
{
    time_t start = (time_t)((dump->first + realtime_offset) / UINT64_C(1000000000));
    struct tm utc;
    char text[32] = "?";
    if (gmtime_r(&start, &utc))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    printf("%" PRIu64 " records from %s\n", dump->count, text);
}

static int dump(int argc, char **argv)
{
    struct recording_header header = {0};
    struct dump state = {0};
    FILE *file = argc == 2 && argv[1][0] != '-' ? fopen(argv[1], "re") : NULL;
    if (!file) {
        if (argc == 2 && argv[1][0] != '-')
            complain("%s: %s", argv[1], strerror(errno));
        else
            fputs(dump_command.help, stderr);
        return EXIT_USAGE;
    }
    bool whole = recording_read(file, &header, print_record, &state);
    fclose(file);
    if (state.count)
        print_start(header.realtime_offset, &state);
    if (!whole)
        complain("%s: %s", argv[1],
            state.count ? "corrupt behind the last record shown"
                        : "not a recording of this version");
    return !whole;
}

const struct command dump_command = {
    .name = "dump",
    .summary = "print a recording as text",
    .help = "Usage: apmshim dump FILE\n"
            "Prints each record of a recording on a line: seconds since the first, process and\n"
            "thread, type, fields. A last line tells how many there were and when it began.\n\n"
            "Exit status: 0, 1 not a whole recording, 2 wrong usage.\n",
    .run = dump,
};
