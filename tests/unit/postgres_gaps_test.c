/* Conversations in PostgreSQL's protocol of which something is missing: any part of any run, or any
 * run. No statement gets another one's result, and what follows is understood again. */
#include <stdlib.h>

#include "check.h"
#include "postgres_talk.h"
#include "protocol/postgres.h"
#include "shim/pg_hide.c"

enum { TAIL_MAX = 64, NUMBERS_MAX = 64, UNKNOWN = 0 };

/* ---- what is said: each statement has a number, and its result, or its error, has it too ---- */

#define FORMAT(part, type, ...)                                                                    \
    do {                                                                                           \
        char text_[512];                                                                           \
        int len_ = snprintf(text_, sizeof text_, __VA_ARGS__);                                     \
        message(part, type, text_, (size_t)len_);                                                  \
    } while (0)

static void rows(struct part *s, unsigned count)
{
    MESSAGE(s, 'T', "\0\1a\0\0\0\0\0\0\0\0\0\0\x17\0\4\xff\xff\xff\xff\0\0");
    for (unsigned i = 0; i < count; i++)
        MESSAGE(s, 'D', "\0\1\0\0\0\6SECRET");
}

static void simple(struct talk *t, unsigned number)
{
    struct part *c = says(t, TO_SERVER);
    FORMAT(c, 'Q', "%03u select%c", number, 0);
    struct part *s = says(t, TO_CLIENT);
    rows(s, 5);
    FORMAT(s, 'C', "SELECT %u%c", number, 0);
    MESSAGE(s, 'Z', "I");
}

static void failing(struct talk *t, unsigned number)
{
    struct part *c = says(t, TO_SERVER);
    FORMAT(c, 'Q', "%03u wrong%c", number, 0);
    struct part *s = says(t, TO_CLIENT);
    FORMAT(s, 'E', "C42601%cM%u%c%c", 0, number, 0, 0);
    MESSAGE(s, 'Z', "I");
}

static void ask_extended(struct part *c, unsigned number)
{
    FORMAT(c, 'P', "%c%03u unnamed%c%c%c", 0, number, 0, 0, 0);
    MESSAGE(c, 'B', "\0\0\0\0\0\1\0\0\0\6SECRET\0\0");
    MESSAGE(c, 'E', "\0\0\0\0\0");
}

static void answer_extended(struct part *s, unsigned number)
{
    MESSAGE(s, '1', "");
    MESSAGE(s, '2', "");
    MESSAGE(s, 'D', "\0\1\0\0\0\6SECRET");
    FORMAT(s, 'C', "SELECT %u%c", number, 0);
}

/* Several in one go, the last of which may fail. */
static void batch(struct talk *t, unsigned number, unsigned count, bool fails)
{
    struct part *c = says(t, TO_SERVER), *s;
    for (unsigned i = 0; i < count; i++)
        ask_extended(c, number + i);
    MESSAGE(c, 'S', "");
    s = says(t, TO_CLIENT);
    for (unsigned i = 0; i < count - fails; i++)
        answer_extended(s, number + i);
    if (fails)
        FORMAT(s, 'E', "C22012%cM%u%c%c", 0, number + count - 1, 0, 0);
    MESSAGE(s, 'Z', "I");
}

static void copy(struct talk *t, unsigned number)
{
    struct part *c = says(t, TO_SERVER), *s;
    FORMAT(c, 'Q', "%03u copy in%c", number, 0);
    s = says(t, TO_CLIENT);
    MESSAGE(s, 'G', "\0\0\0");
    c = says(t, TO_SERVER);
    for (unsigned i = 0; i < 6; i++)
        MESSAGE(c, 'd', "SECRET\tSECRET\n");
    c = says(t, TO_SERVER);
    MESSAGE(c, 'd', "SECRET\tSECRET\n");
    MESSAGE(c, 'c', "");
    s = says(t, TO_CLIENT);
    FORMAT(s, 'C', "COPY %u%c", number, 0);
    MESSAGE(s, 'Z', "I");
}

/* As libpq does it: the first Sync is passed over. */
static void extended_copy(struct talk *t, unsigned number)
{
    struct part *c = says(t, TO_SERVER), *s;
    ask_extended(c, number);
    MESSAGE(c, 'S', "");
    s = says(t, TO_CLIENT);
    MESSAGE(s, '1', "");
    MESSAGE(s, '2', "");
    MESSAGE(s, 'G', "\0\0\0");
    c = says(t, TO_SERVER);
    MESSAGE(c, 'd', "SECRET\tSECRET\n");
    MESSAGE(c, 'c', "");
    MESSAGE(c, 'S', "");
    s = says(t, TO_CLIENT);
    FORMAT(s, 'C', "COPY %u%c", number, 0);
    MESSAGE(s, 'Z', "I");
}

static void copy_out(struct talk *t, unsigned number)
{
    struct part *c = says(t, TO_SERVER), *s;
    FORMAT(c, 'Q', "%03u copy out%c", number, 0);
    s = says(t, TO_CLIENT);
    MESSAGE(s, 'H', "\0\0\0");
    for (unsigned i = 0; i < 6; i++)
        MESSAGE(s, 'd', "SECRET\tSECRET\n");
    MESSAGE(s, 'c', "");
    FORMAT(s, 'C', "COPY %u%c", number, 0);
    MESSAGE(s, 'Z', "I");
}

/* What begins in a part of that index, or is to be told whole after a loss before it. */
struct script {
    struct talk talk;
    size_t begins[NUMBERS_MAX]; /* the part in which a statement is asked; by number */
    unsigned last;
};

static void note_begins(struct script *s, size_t part, unsigned up_to)
{
    while (s->last < up_to)
        s->begins[++s->last] = part;
}

#define SAY(s, up_to, call)                                                                        \
    do {                                                                                           \
        note_begins(s, (s)->talk.count, up_to);                                                    \
        call;                                                                                      \
    } while (0)

static void in_turns(struct script *s)
{
    struct talk *t = &s->talk;
    begin_session(t);
    SAY(s, 1, simple(t, 1));
    SAY(s, 2, copy(t, 2));
    SAY(s, 3, failing(t, 3));
    SAY(s, 6, batch(t, 4, 3, false));
    SAY(s, 8, batch(t, 7, 2, true));
    SAY(s, 9, extended_copy(t, 9));
    SAY(s, 10, simple(t, 10));
    SAY(s, 11, copy_out(t, 11));
    SAY(s, 12, batch(t, 12, 1, false));
    SAY(s, 13, simple(t, 13));
    SAY(s, 14, simple(t, 14));
}

/* A client that does not wait: two answers are always under way. */
static void overlapping(struct script *s)
{
    struct talk *t = &s->talk;
    begin_session(t);
    for (unsigned number = 1; number <= 12; number++) {
        note_begins(s, t->count, number);
        struct part *c = says(t, TO_SERVER);
        ask_extended(c, number);
        MESSAGE(c, 'S', "");
        if (number == 1)
            continue;
        struct part *answer = says(t, TO_CLIENT);
        answer_extended(answer, number - 1);
        MESSAGE(answer, 'Z', "I");
    }
}

/* ---- what is told ---- */

struct telling {
    unsigned queue[NUMBERS_MAX], first, count;
    bool answered[NUMBERS_MAX]; /* by number */
    unsigned results, wrong, losses;
};

static unsigned number_of(struct bytes text)
{
    char digits[4] = "";
    if (text.len < 4 || text.data[3] != ' ')
        return UNKNOWN;
    memcpy(digits, text.data, 3);
    return (unsigned)strtoul(digits, NULL, 10);
}

static void on_statement(void *self, const struct postgres_statement *statement)
{
    struct telling *t = self;
    t->queue[(t->first + t->count++) % NUMBERS_MAX] = number_of(statement->sql);
}

static void on_result(void *self, const struct postgres_result *result)
{
    struct telling *t = self;
    unsigned number = t->queue[t->first % NUMBERS_MAX], told = (unsigned)result->rows;
    t->results++;
    if (result->outcome == POSTGRES_FAILED && result->message.len) {
        char *text = strndup(result->message.data, result->message.len);
        told = (unsigned)strtoul(text, NULL, 10);
        free(text);
    } else if (result->rows < 0) {
        return;
    }
    t->wrong += !t->count || (number != UNKNOWN && number != told);
    if (number < NUMBERS_MAX && number == told)
        t->answered[number] = true;
}

static void on_end(void *self)
{
    struct telling *t = self;
    t->wrong += !t->count;
    t->first++;
    t->count--;
}

static void on_lost(void *self)
{
    ((struct telling *)self)->losses++;
}

static void on_nothing(void *self)
{
    (void)self;
}

static void on_startup(void *self, struct bytes user, struct bytes database)
{
    (void)self;
    (void)user;
    (void)database;
}

static void on_session(void *self, const struct postgres_result *refusal)
{
    (void)self;
    (void)refusal;
}

static void on_encoding(void *self, struct bytes name)
{
    (void)self;
    (void)name;
}

/* ---- what is missing ---- */

struct damage {
    size_t part;       /* of this one */
    size_t head, tail; /* all but the first and the last bytes; */
    bool all;          /* or all of it, and its record with it */
};

static bool feed_part(struct postgres *parser, struct pg_session *hidden, const struct part *p,
    const struct damage *damage, bool gap, const struct postgres_listener *l)
{
    static const struct pg_kept all = {.statements = true, .detail = true};
    struct buf copy = {0};
    size_t len = p->bytes.len, head = damage ? damage->head : len, tail = damage ? damage->tail : 0;
    buf_add(&copy, p->bytes.data, head);
    buf_add(&copy, p->bytes.data + len - tail, tail);
    const struct pg_copied copied = {.head = copy.data,
        .head_len = head,
        .tail = copy.data + head,
        .tail_len = tail,
        .gap = len - head - tail};
    pg_hide(hidden, p->direction == TO_CLIENT, &copied, &all);
    CHECK(!copy.len || !memmem(copy.data, copy.len, "SECRET", 6));
    const struct run run = {
        .head = {copy.data, head}, .tail = {copy.data + head, tail}, .total = len, .gap = gap};
    bool fine = postgres_feed(parser, p->direction, &run, l);
    buf_free(&copy);
    return fine;
}

/* False: it gave up. */
static bool tell(const struct script *s, const struct damage *damage, struct telling *telling)
{
    struct postgres *parser = postgres_new();
    struct pg_session hidden = {0};
    const struct postgres_listener l = {.startup = on_startup,
        .session = on_session,
        .cancel = on_nothing,
        .client_encoding = on_encoding,
        .statement = on_statement,
        .result = on_result,
        .statement_end = on_end,
        .lost = on_lost,
        .self = telling};
    bool gaps[2] = {false, false}, fine = true;
    for (size_t i = 0; i < s->talk.count && fine; i++) {
        const struct part *p = &s->talk.parts[i];
        bool hit = damage && i == damage->part;
        if (hit && damage->all) {
            pg_hide_lost(&hidden, p->direction == TO_CLIENT);
            gaps[p->direction] = true;
            continue;
        }
        fine = feed_part(parser, &hidden, p, hit ? damage : NULL, gaps[p->direction], &l);
        gaps[p->direction] = false;
    }
    postgres_free(parser);
    return fine;
}

/* Statements that are asked two turns behind the damage have their results, and what has none was
 * counted, unless nothing follows that shows it. */
static void check(const struct script *s, const struct damage *damage, bool waits)
{
    struct telling telling = {0};
    bool fine = tell(s, damage, &telling);
    unsigned missing = 0;
    CHECK(telling.wrong == 0);
    if (!waits)
        return;
    for (unsigned number = 1; number <= s->last; number++)
        if (!telling.answered[number] && s->begins[number] > damage->part + 4)
            missing++;
    CHECK(fine && !missing);
    bool whole = telling.results == s->last || damage->part + 2 >= s->talk.count;
    CHECK(whole || telling.losses);
}

/* From the second statement on: by then it is known that the client waits. */
static void check_script(void (*write)(struct script *), size_t first, bool waits)
{
    struct script s = {0};
    struct telling whole = {0};
    write(&s);
    CHECK(tell(&s, NULL, &whole) && !whole.wrong && !whole.losses);
    for (struct damage d = {.part = first}; d.part < s.talk.count; d.part++) {
        size_t len = s.talk.parts[d.part].bytes.len;
        check(&s, &(struct damage){.part = d.part, .all = true}, waits);
        for (d.head = 0; d.head < len; d.head++)
            for (d.tail = 0; d.tail < TAIL_MAX && d.head + d.tail < len; d.tail++)
                check(&s, &d, waits);
    }
    talk_free(&s.talk);
}

int main(void)
{
    check_script(in_turns, 6, true);
    check_script(overlapping, 0, false);
    check_script(in_turns, 0, false);
    return check_result();
}
