#include "trace/pg_parameters.h"

#include <stdlib.h>

#include "base/buf.h"
#include "sql/encoding.h"
#include "sql/lex.h"
#include "sql/parameters.h"
#include "sql/scan.h"

enum { SHOWN_MAX = 256 };

/* Which values may be secrets, beside those of columns that are called so. */
enum doubt { NO_DOUBT, ABOUT_UNCLEAR, ABOUT_ALL };

/* Takes the next value off; false: there is none, or not all of it. */
static bool next_param(struct bytes *params, struct rec_pg_param *ret, struct bytes *ret_value)
{
    if (params->len < sizeof *ret)
        return false;
    memcpy(ret, params->data, sizeof *ret);
    *params = bytes_skip(*params, sizeof *ret);
    if (ret->kept > params->len)
        return false;
    *ret_value = (struct bytes){params->data, ret->kept};
    *params = bytes_skip(*params, ret->kept);
    return true;
}

static void add_value(
    struct buf *out, const struct rec_pg_param *param, struct bytes value, int encoding)
{
    if (param->len < 0) {
        buf_puts(out, "NULL");
        return;
    }
    buf_puts(out, param->binary ? "'\\x" : "'");
    for (size_t i = 0; param->binary && i < value.len; i++)
        buf_printf(out, "%02x", (unsigned char)value.data[i]);
    if (!param->binary) {
        char *text = sql_to_utf8(value, encoding);
        buf_puts(out, text);
        free(text);
    }
    buf_puts(out, (uint32_t)param->len > param->kept ? "…'" : "'");
}

static bool has_secret_word(struct tracer *tracer, struct bytes text)
{
    while (text.len) {
        size_t len = scan_word(text);
        if (len && sanitize_hides(tracer->privacy.headers, (struct bytes){text.data, len}))
            return true;
        text = bytes_skip(text, len ? len : 1);
    }
    return false;
}

/* Whether the text names anything that is to be hidden. What a string names, as in `(key, value)
 * VALUES ('password', $1)`, may be any of the values. */
static enum doubt doubt_of(struct tracer *tracer, const struct pg_bound *bound)
{
    struct bytes rest = bound->sql;
    struct lexeme lexeme;
    enum doubt doubt = NO_DOUBT;
    if (bound->cut || lex_certain(rest, false) < rest.len)
        return ABOUT_ALL;
    while (lex_next(&rest, &lexeme)) {
        if (!has_secret_word(tracer, lexeme.text))
            continue;
        if (lexeme.kind == LEX_LITERAL)
            return ABOUT_ALL;
        doubt = ABOUT_UNCLEAR;
    }
    return doubt;
}

static bool is_hidden(struct tracer *tracer, enum doubt doubt, struct bytes column, bool plain)
{
    if (column.len && sanitize_hides(tracer->privacy.headers, column))
        return true;
    return doubt == ABOUT_ALL || (doubt == ABOUT_UNCLEAR && !(column.len && plain));
}

void pg_label_parameters(
    struct tracer *tracer, struct live_span *span, const struct pg_bound *bound)
{
    struct bytes columns[SHOWN_MAX], value, params = bound->values;
    bool plain[SHOWN_MAX];
    struct rec_pg_param param;
    struct buf text = {0};
    enum doubt doubt = doubt_of(tracer, bound);
    sql_parameter_columns(bound->sql, columns, plain, SHOWN_MAX);
    for (unsigned i = 0; i < SHOWN_MAX && next_param(&params, &param, &value); i++) {
        buf_printf(&text, "%s$%u = ", i ? ", " : "", i + 1);
        if (is_hidden(tracer, doubt, columns[i], plain[i]))
            buf_puts(&text, SANITIZED);
        else
            add_value(&text, &param, value, bound->encoding);
    }
    if (text.len)
        span_label(span, "parameters", text.data);
    buf_free(&text);
}
