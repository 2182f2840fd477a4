#include "trace/pg_parameters.h"

#include <stdlib.h>

#include "base/buf.h"
#include "sql/encoding.h"
#include "sql/lex.h"
#include "sql/parameters.h"
#include "sql/scan.h"

enum { SHOWN_MAX = 256 };

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

/* Whether the text names anything that is to be hidden, be it within a string. */
static bool names_secret(struct tracer *tracer, struct bytes sql)
{
    while (sql.len) {
        size_t len = scan_word(sql);
        if (len && sanitize_hides(tracer->privacy.headers, (struct bytes){sql.data, len}))
            return true;
        sql = bytes_skip(sql, len ? len : 1);
    }
    return false;
}

void pg_label_parameters(
    struct tracer *tracer, struct live_span *span, const struct pg_bound *bound)
{
    struct bytes columns[SHOWN_MAX], value, params = bound->values;
    struct rec_pg_param param;
    struct buf text = {0};
    bool doubtful = bound->cut || names_secret(tracer, bound->sql) ||
                    lex_certain(bound->sql, false) < bound->sql.len;
    sql_parameter_columns(bound->sql, columns, SHOWN_MAX);
    for (unsigned i = 0; i < SHOWN_MAX && next_param(&params, &param, &value); i++) {
        bool hides =
            columns[i].len ? sanitize_hides(tracer->privacy.headers, columns[i]) : doubtful;
        buf_printf(&text, "%s$%u = ", i ? ", " : "", i + 1);
        if (hides)
            buf_puts(&text, SANITIZED);
        else
            add_value(&text, &param, value, bound->encoding);
    }
    if (text.len)
        span_label(span, "parameters", text.data);
    buf_free(&text);
}
