/* The records that the recorder writes and the forwarder reads; also the format of a recording.
 *
 * Every record begins with struct record and is a multiple of 8 bytes long. Variable parts follow
 * the fixed part, in the order in which their lengths are declared, without padding between them.
 * Times are CLOCK_MONOTONIC nanoseconds. Native endianness: a ring never leaves its machine, and a
 * recording says which it has. A reader treats every field as hostile (record_valid). */
#ifndef APMSHIM_WIRE_RECORD_H
#define APMSHIM_WIRE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WIRE_VERSION = 2 };

enum record_type {
    REC_PAD,     /* never written: a zeroed ring holds no valid record */
    REC_PROCESS, /* first record of every process */
    REC_EXIT,    /* exit status, where exit or _exit was called */
    REC_MODULES, /* one part of a module map */
    REC_STACK,   /* a stack not sent before */
    REC_CODE,    /* a code object of an interpreter not sent before */
    REC_LISTEN,  /* a socket began to listen */
    REC_ACCEPT,  /* a connection was accepted */
    REC_CONNECT, /* a connection was asked for */
    REC_CLOSE,   /* this process' last descriptor for it was closed */
    REC_RECV,    /* bytes received */
    REC_SEND,    /* bytes sent */
    REC_PG_CONNECT,
    REC_PG_SEND,   /* a statement was handed to libpq */
    REC_PG_RESULT, /* one PGresult was handed out */
    REC_PG_DONE,   /* nothing of the statement is outstanding */
    REC_PG_FINISH, /* PQfinish */
    REC_API,       /* the service named its own work (apmshim.h) */
    REC_ORIGIN,    /* who sends the bytes that follow */
    REC_TYPES
};

struct record {
    uint32_t size; /* of all of it, a multiple of 8 */
    uint16_t type;
    uint16_t flags; /* per type */
    uint64_t time;
};

enum {
    RECORD_SIZE_MAX = 15 * 1024, /* fits a chunk of the ring */
    CIPHER_BYTES_MAX = 5,        /* as long as the header of a TLS record */
    RUN_TAIL_MAX = 64,           /* last bytes kept of a run that was cut */
    SQL_BYTES_MAX = 12 * 1024,   /* kept of one statement; its true length is noted */
    STACK_FRAMES_MAX = 64,
    MESSAGE_BYTES_MAX = 1024, /* kept of one of an error's texts */
    PARAMS_BYTES_MAX = 1024,  /* kept of all parameters of a statement */
    PARAM_BYTES_MAX = 128,    /* kept of one */
};

struct rec_process {
    struct record head;
    uint32_t pid, ppid;
    uint32_t
        parent_thread;   /* kernel thread id of the thread that forked; 0: unknown, or the first */
    uint32_t exec_count; /* 0: forked; 1: this is the process that started the ring */
    uint64_t fork_time;  /* 0: not forked by a way we see */
    uint32_t exe_len, argv_len; /* argv: NUL-separated, may be cut */
    uint32_t folder_len;        /* the working folder */
    uint32_t reserved;
};

struct rec_exit {
    struct record head;
    int32_t status;
    uint32_t reserved;
};

struct rec_modules {
    struct record head;
    uint64_t map_id;
    /* then a struct rec_module each, up to the record's end */
};

struct rec_module {
    uint64_t bias, start, end;
    uint16_t size;     /* of this entry, a multiple of 8 */
    uint16_t path_len; /* 0: the main program */
    uint16_t build_id_len;
    uint16_t is_main;
};

struct rec_stack {
    struct record head;
    uint64_t stack_id, map_id;
    uint32_t native_count, code_count;
    /* then native_count return addresses, innermost first; then code_count struct rec_code_frame */
};

struct rec_code_frame {
    uint64_t code_id;
    uint32_t position;     /* language-specific: the instruction's offset in bytes, or a line */
    uint32_t native_index; /* it runs inside the native frame of this index; one that is not there:
                              further out than all of them */
};

/* Whose code it is, and so what its line table is (CPython: Objects/lnotab_notes.txt of 3.9 and
 * 3.10, Objects/locations.md of 3.11). */
enum code_language {
    CODE_UNKNOWN,
    CODE_PYTHON_LNOTAB,    /* to 3.9 */
    CODE_PYTHON_LINES,     /* 3.10 */
    CODE_PYTHON_LOCATIONS, /* from 3.11 */
    CODE_PHP,              /* no table: positions are lines */
};

struct rec_code {
    struct record head;
    uint64_t code_id; /* of its content: the same in every process that has this code */
    uint32_t language, first_line;
    uint16_t name_len, file_len;
    uint32_t table_len; /* line table, language-specific; may be cut */
};

enum address_family { ADDRESS_NONE, ADDRESS_IPV4, ADDRESS_IPV6, ADDRESS_UNIX };

struct rec_address {
    uint16_t family; /* enum address_family */
    uint16_t port;   /* host order */
    uint32_t scope;
    uint8_t ip[16]; /* network order; an IPv4 address in the first four */
};

/* REC_LISTEN, REC_ACCEPT, REC_CONNECT. A connection is known by its socket's kernel cookie
 * (SO_COOKIE): the same in every process that holds it. */
struct rec_socket {
    struct record head;
    uint64_t cookie;
    uint64_t listener;          /* accept: the listening socket's cookie, 0: unknown */
    struct rec_address address; /* listen: local; otherwise the peer's */
    int32_t fd;
    uint32_t path_len; /* unix sockets: the path, abstract ones begin with NUL */
};

struct rec_close {
    struct record head;
    uint64_t cookie;
};

enum run_flags {
    RUN_EOF = 1,
    RUN_ERROR = 2,
    RUN_TLS = 4, /* plain bytes of a TLS connection. Without bytes: it is one; what is ciphered is
                    not recorded */
    RUN_FRAMES =
        8,        /* HTTP/2: `head` is all that http2.h keeps, `total` has the rest too; no tail */
    RUN_GAP = 16, /* bytes that passed before in this direction could not be recorded */
    RUN_GAP_BACK = 128, /* the same of the other direction; it is told there, too */
    RUN_COUNT = 32,     /* send, no bytes: the kernel's word of how many were sent so far; `total`:
                           since the connection began, `elapsed`: ns since it sent the last */
    RUN_CIPHER = 64, /* ciphered bytes of a connection of the service's own, of which none were seen
                        in the clear so far: their number, and the first CIPHER_BYTES_MAX */
};

/* What a thread of an interpreter was in as it made a call: a task of an event loop, known by its
 * coroutine, or else, with this bit set, its outermost frame, which is one for all that the thread
 * does unless it has several stacks (greenlets). 0: not known. Numbers are used again. */
enum { TASK_IS_STACK = 1 };

/* REC_RECV (time: after the call) and REC_SEND (time: before the call). */
struct rec_run {
    struct record head; /* flags: RUN_* */
    uint64_t cookie;
    uint64_t total;   /* bytes that passed */
    uint64_t elapsed; /* send: ns in the call */
    uint64_t task;
    uint32_t head_len, tail_len; /* kept: the first and the last bytes */
};

/* Before a REC_SEND of a connection that the service has made itself. */
struct rec_origin {
    struct record head;
    uint64_t cookie, stack_id;
};

enum pg_kind {
    PG_QUERY,
    PG_QUERY_PARAMS,
    PG_PREPARE,
    PG_EXECUTE,
    PG_DESCRIBE,
    PG_CLOSE,
    PG_FUNCTION,
    PG_DESCRIBE_PORTAL,
    PG_CLOSE_PORTAL,
    PG_KINDS
};

/* What libpq does on a connection of its own beside statements. */
enum pg_contact { PG_CONTACT_CONNECT, PG_CONTACT_RESET, PG_CONTACT_PING, PG_CONTACT_CANCEL };

enum { PG_GIVEN_UP = -1 };

/* libpq connections are known by process and address of their PGconn, from connect to finish. */
struct rec_pg_connect {
    struct record head;
    uint64_t conn;     /* 0: ping and cancel, which have none that goes on */
    uint64_t stack_id; /* 0: none */
    uint64_t elapsed;  /* ns; head.time is the end */
    uint64_t task;
    int32_t
        ok; /* CONNECTION_OK was reached; ping: it answers; cancel: it was sent; or PG_GIVEN_UP */
    uint32_t backend_pid;
    int16_t encoding; /* the client's, as libpq numbers them; -1: unknown */
    uint16_t contact; /* enum pg_contact */
    uint16_t host_len, port_len, db_len, user_len, error_len, reserved[3];
};

enum { PG_ASYNC = 1, PG_PIPELINED = 2 };

struct rec_pg_send {
    struct record head; /* flags: PG_ASYNC, PG_PIPELINED */
    uint64_t conn;
    uint64_t stack_id; /* 0: none */
    uint64_t task;
    uint32_t kind, params;
    uint64_t sql_total; /* length of the statement in bytes */
    uint32_t sql_len;   /* kept of it */
    uint16_t name_len;  /* prepared statement's name */
    uint16_t params_len;
    int32_t encoding;  /* as in struct rec_pg_connect */
    uint32_t function; /* PG_FUNCTION: its OID */
    /* then statement, name, and one struct rec_pg_param each with its bytes */
};

/* A parameter's value; not aligned. */
struct rec_pg_param {
    int32_t len; /* -1: NULL */
    uint16_t kept;
    uint16_t binary;
};

enum { PG_OF_LAST = 1 };

/* REC_PG_RESULT and REC_PG_DONE, of the statement sent last if PG_OF_LAST, else of the oldest one
 * under way. A synchronous call writes one DONE with its result in it, unless a COPY follows. */
struct rec_pg_result {
    struct record head; /* flags: PG_OF_LAST */
    uint64_t conn;
    uint64_t task;     /* 0 in the record of a synchronous call */
    uint64_t complete; /* when libpq had it whole, if that was before it was asked; 0: head.time */
    uint64_t bytes;    /* copied, or passed to and from a function */
    uint64_t memory;   /* that libpq holds it in */
    int64_t rows;      /* returned; -1: none */
    int32_t status;    /* ExecStatusType; -1: no result */
    char sqlstate[8];
    uint16_t tag_len; /* command tag; before it was kept whole, its row count */
    uint16_t error_len, detail_len, hint_len;
    uint16_t source_len; /* the server's function that tells the error */
    uint16_t names_len;  /* of what it is about, each ended by a line's end */
};

struct rec_pg_finish {
    struct record head;
    uint64_t conn;
};

enum api_call {
    API_TRANSACTION_BEGIN,
    API_TRANSACTION_END, /* name: the result */
    API_SPAN_BEGIN,
    API_SPAN_END,
    API_TRANSACTION_NAME,
};

struct rec_api {
    struct record head;
    uint64_t handle; /* unique in its process */
    uint64_t task;
    uint32_t call;   /* enum api_call */
    int32_t outcome; /* enum apmshim_outcome */
    uint16_t name_len, type_len;
    uint32_t reserved;
};

_Static_assert(sizeof(struct record) == 16, "record header");
_Static_assert(sizeof(struct rec_process) == 56, "process record");
_Static_assert(sizeof(struct rec_module) == 32, "module entry");
_Static_assert(sizeof(struct rec_stack) == 40, "stack record");
_Static_assert(sizeof(struct rec_code) == 40, "code record");
_Static_assert(sizeof(struct rec_socket) == 64, "socket record");
_Static_assert(sizeof(struct rec_run) == 56, "run record");
_Static_assert(sizeof(struct rec_pg_connect) == 80, "connect record");
_Static_assert(sizeof(struct rec_pg_send) == 72, "statement record");
_Static_assert(sizeof(struct rec_pg_result) == 88, "result record");
_Static_assert(sizeof(struct rec_api) == 48, "API record");

static inline size_t record_round(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

/* Whether the record that begins here lies within `left` bytes and its own lengths lie within it.
 */
bool record_valid(const struct record *record, size_t left);

#endif
