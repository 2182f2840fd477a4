/* The walk through a text whose private parts are to be hidden. Only text.c and its parts know it.
 */
#ifndef APMSHIM_PRIVATE_SCAN_H
#define APMSHIM_PRIVATE_SCAN_H

#include <ctype.h>

#include "private/name.h"
#include "private/text.h"
#include "private/units.h"
#include "private/user.h"

enum place { PLACE_TEXT, PLACE_AUTHORITY, PLACE_PATH, PLACE_QUERY };

struct scan {
    const struct text_rules *rules;
    struct buf *out;
    size_t at; /* the unit at hand */
    enum place place;
    bool whole;          /* the text is one URL: blanks do not end it */
    bool path;           /* the value at hand of a query is a URL, and this its path */
    bool begins;         /* nothing of the value at hand was seen yet */
    char close;          /* what ends the URL at hand, '>' or a quote; 0: none */
    unsigned depth;      /* brackets that are open */
    struct name name;    /* which '=' or ':' would give a value */
    size_t user, colons; /* where in out a user's part without "//" would begin; colons since */
    struct user_search search;
    struct units units;
};

static inline const struct unit *here(const struct scan *s)
{
    return &s->units.items[s->at];
}

static inline bool at_end(const struct scan *s)
{
    return s->at >= s->units.count;
}

static inline char before(const struct scan *s)
{
    return s->at ? s->units.items[s->at - 1].c : '\0';
}

static inline bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

static inline bool is_blank(const struct scan *s, const struct unit *unit)
{
    return is_one_of(unit->c, " \t\r\n") ||
           (unit->c == '+' && unit->level == 0 && s->place >= PLACE_PATH);
}

static inline void copy(struct scan *s)
{
    size_t begin = here(s)->begin;
    buf_add(s->out, s->units.text.data + begin, here(s)[1].begin - begin);
    s->at++;
}

static inline void new_user(struct scan *s)
{
    s->user = s->out->len;
    s->colons = 0;
}

/* The next character begins something new. */
static inline void separate(struct scan *s)
{
    name_clear(&s->name);
    copy(s);
    new_user(s);
}

static inline void hide(struct scan *s, size_t end)
{
    if (end > s->at)
        buf_puts(s->out, SANITIZED);
    s->at = end;
    name_clear(&s->name);
    new_user(s);
    s->begins = false;
}

/* ---- values.c ---- */

/* Where the value at hand ends. level: of what gave it; what was encoded once more is part of it.
 * structured: as in JSON. */
size_t scan_value_end(const struct scan *s, unsigned level, bool structured);
void scan_hide_value(struct scan *s, unsigned level, bool structured);
/* Whether behind '=' no value follows, or only base64's last characters. */
bool scan_no_value(const struct scan *s);
/* Whether a word that looks like credentials is there, and nothing of the value behind it. */
bool scan_credentials(const struct scan *s, size_t at, unsigned level);

/* ---- urls.c ---- */

/* Behind the last unit of the URL at hand. */
size_t scan_url_end(const struct scan *s);
void scan_leave_url(struct scan *s);
void scan_slash(struct scan *s);
void scan_query(struct scan *s);     /* at '?' or '#' */
void scan_parameter(struct scan *s); /* at a path's ';' */

#endif
