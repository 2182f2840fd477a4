#include "pg_hide.h"

#include <string.h>

#include "wire/postgres.h"

enum { AT_STARTUP, AT_ANSWER, IN_SESSION }; /* AT_ANSWER: to a request for encryption */
enum { LENGTH_MAX = 1 << 30 };

/* One way of the bytes through a direction. */
struct pass {
    struct pg_session *session;
    struct pg_side *side;
    const struct pg_kept *kept;
    bool from_server;
};

static void hide(char *bytes, size_t n)
{
    memset(bytes, '?', n);
}

/* Nothing that reads messages takes these for one. */
static void hide_lost(char *bytes, size_t n)
{
    if (n)
        memset(bytes, 0xff, n);
}

static void keep_first(const struct pg_side *side, char *bytes, size_t n, uint32_t first)
{
    size_t keep = side->passed < first ? first - side->passed : 0;
    if (keep < n)
        hide(bytes + keep, n - keep);
}

static void keep_strings(struct pg_side *side, char *bytes, size_t n, unsigned strings)
{
    while (n && side->strings < strings) {
        const char *end = memchr(bytes, '\0', n);
        size_t len = end ? (size_t)(end - bytes) + 1 : n;
        side->strings += end != NULL;
        bytes += len;
        n -= len;
    }
    if (n)
        hide(bytes, n);
}

static bool keeps_field(char field, const struct pg_kept *kept)
{
    return strchr("SVCRFL", field) || (strchr("Mstcdn", field) && kept->statements) ||
           ((field == 'D' || field == 'H') && kept->detail);
}

/* Fields of a type and a string each. */
static void keep_fields(struct pg_side *side, char *bytes, size_t n, const struct pg_kept *kept)
{
    for (; n; bytes++, n--) {
        if (!side->field)
            side->field = *bytes;
        else if (!*bytes)
            side->field = 0;
        else if (!keeps_field(side->field, kept))
            *bytes = '?';
    }
}

/* Of what the server says of its settings only the one that is read. */
static void keep_setting(struct pg_side *side, char *bytes, size_t n)
{
    static const char kept[] = "client_encoding";
    for (size_t i = 0; i < n; i++) {
        size_t at = side->passed + i;
        if (side->strings) {
            if (side->matched != sizeof kept && bytes[i])
                bytes[i] = '?';
        } else {
            bool same = at < sizeof kept && side->matched == at && bytes[i] == kept[at];
            side->matched += same;
            side->strings = !bytes[i];
        }
    }
}

/* The client's first message has no type, and says what is wanted. */
static void keep_startup(struct pass *p, char *bytes, size_t n)
{
    struct pg_session *session = p->session;
    for (size_t i = 0; i < n && p->side->passed + i < 4; i++)
        session->code = session->code << 8 | (uint8_t)bytes[i];
    bool known = p->side->passed + n < 4 || postgres_is_startup(session->code);
    keep_first(p->side, bytes, n, known ? UINT32_MAX : 4);
}

static void hide_of_client(struct pass *p, char *bytes, size_t n)
{
    switch (p->side->type) {
    case 0:
        keep_startup(p, bytes, n);
        break;
    case 'Q':
        keep_first(p->side, bytes, n, p->kept->statements ? UINT32_MAX : 0);
        break;
    case 'P':
        keep_strings(p->side, bytes, n, p->kept->statements ? 2 : 1);
        break;
    case 'B':
        keep_strings(p->side, bytes, n, 2);
        break;
    case 'F':
        keep_first(p->side, bytes, n, 4);
        break;
    case 'C':
    case 'D':
    case 'E':
        break; /* names */
    default:
        hide(bytes, n);
    }
}

static void hide_of_server(struct pass *p, char *bytes, size_t n)
{
    switch (p->side->type) {
    case 'C':
    case 'Z':
        break; /* tags, states */
    case 'S':
        keep_setting(p->side, bytes, n);
        break;
    case 'E':
        keep_fields(p->side, bytes, n, p->kept);
        break;
    case 'R':
        keep_first(p->side, bytes, n, 4);
        break;
    default:
        hide(bytes, n);
    }
}

/* What the server says unasked changes nothing. */
static void note_ready(struct pg_session *session, uint8_t type)
{
    if (type == 'Z')
        session->phase = IN_SESSION;
    session->ready = type == 'Z' || (session->ready && postgres_is_unasked((char)type));
}

static void end_message(struct pass *p)
{
    struct pg_side *side = p->side;
    if (p->from_server)
        note_ready(p->session, side->type);
    if (!p->from_server && p->session->phase != IN_SESSION) {
        p->session->phase = postgres_is_request(p->session->code) ? AT_ANSWER : IN_SESSION;
        p->session->code = 0;
    }
    *side = (struct pg_side){.lost = side->lost};
}

static size_t header_size(const struct pass *p)
{
    return !p->from_server && p->session->phase != IN_SESSION ? POSTGRES_HEADER - 1
                                                              : POSTGRES_HEADER;
}

/* Takes a byte of a message's header. */
static void take_header(struct pass *p, char byte)
{
    struct pg_side *side = p->side;
    size_t size = header_size(p);
    if (p->from_server && p->session->phase == AT_ANSWER) { /* S, G or N, without a length */
        p->session->phase = AT_STARTUP;
        return;
    }
    side->header[side->have++] = (uint8_t)byte;
    if (side->have < size)
        return;
    uint32_t length = postgres_number(side->header + size - 4);
    side->type = size == POSTGRES_HEADER ? side->header[0] : 0;
    side->have = 0;
    side->lost = length < 4 || length > LENGTH_MAX;
    side->left = side->lost ? 0 : length - 4;
    if (!side->lost && !side->left)
        end_message(p);
}

static void take_bytes(struct pass *p, char *bytes, size_t n)
{
    struct pg_side *side = p->side;
    while (n && !side->lost) {
        size_t taken = side->left < n ? side->left : n;
        if (!side->left) {
            take_header(p, *bytes++);
            n--;
            continue;
        }
        if (p->from_server)
            hide_of_server(p, bytes, taken);
        else
            hide_of_client(p, bytes, taken);
        bytes += taken;
        n -= taken;
        side->left -= (uint32_t)taken;
        side->passed += (uint32_t)taken;
        if (!side->left)
            end_message(p);
    }
    hide_lost(bytes, n);
}

/* What passes unseen within a message leaves its end known; what follows of a text is hidden. */
static void take_gap(struct pass *p, uint64_t gap)
{
    struct pg_side *side = p->side;
    if (!gap || side->lost)
        return;
    if (gap > side->left) {
        side->lost = true;
        return;
    }
    side->left -= (uint32_t)gap;
    side->passed += (uint32_t)gap;
    side->strings = UINT8_MAX;
    side->matched = 0;
    side->field = '?';
    if (!side->left)
        end_message(p);
}

/* Behind a gap in an answer its end is found again. */
static void take_end(struct pass *p, char *bytes, size_t n)
{
    size_t whole = postgres_answer_end(bytes, n), lost = n - whole;
    hide_lost(bytes, lost);
    p->session->ready = false;
    if (whole) {
        *p->side = (struct pg_side){0};
        p->session->phase = IN_SESSION;
    }
    take_bytes(p, bytes + lost, whole);
}

/* Behind a gap in what it has sent, a client is understood again once it has got its answer. */
static void take_turn(struct pass *p, const struct pg_copied *copied)
{
    bool ready = p->session->ready;
    p->session->ready = false;
    if (p->side->lost && ready && postgres_asks(copied->head, copied->head_len))
        *p->side = (struct pg_side){0};
}

void pg_hide(struct pg_session *session, bool from_server, const struct pg_copied *copied,
    const struct pg_kept *kept)
{
    struct pass p = {session, &session->sides[from_server], kept, from_server};
    if (!from_server && (copied->head_len || copied->gap))
        take_turn(&p, copied);
    bool ends_here = from_server && p.side->lost && !copied->gap && !copied->tail_len;
    if (ends_here)
        take_end(&p, copied->head, copied->head_len);
    else
        take_bytes(&p, copied->head, copied->head_len);
    take_gap(&p, copied->gap);
    if (from_server && p.side->lost)
        take_end(&p, copied->tail, copied->tail_len);
    else
        take_bytes(&p, copied->tail, copied->tail_len);
}

void pg_hide_lost(struct pg_session *session, bool from_server)
{
    session->sides[from_server].lost = true;
    session->ready = false;
}

bool pg_in_session(const struct pg_session *session)
{
    return session->phase == IN_SESSION;
}
