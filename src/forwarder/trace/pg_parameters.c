#include "trace/pg_parameters.h"

#include <stdlib.h>

#include "base/buf.h"
#include "sql/encoding.h"
#include "sql/parameters.h"
#include "trace/sanitize.h"

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

void pg_label_parameters(struct tracer *tracer, struct live_span *span, struct bytes sql,
    struct bytes params, int encoding)
{
    struct bytes columns[SHOWN_MAX], value;
    struct rec_pg_param param;
    struct buf text = {0};
    sql_parameter_columns(sql, columns, SHOWN_MAX);
    for (unsigned i = 0; i < SHOWN_MAX && next_param(&params, &param, &value); i++) {
        buf_printf(&text, "%s$%u = ", i ? ", " : "", i + 1);
        if (columns[i].len && sanitize_hides(tracer->sanitize, columns[i]))
            buf_puts(&text, SANITIZED);
        else
            add_value(&text, &param, value, encoding);
    }
    if (text.len)
        span_label(span, "parameters", text.data);
    buf_free(&text);
}
