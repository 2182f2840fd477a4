#include "trace/name_parameters.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "trace/path_template.h"
#include "trace/query.h"

enum { NAMES_MAX = 8 };

struct name_parameters {
    char *csv;
    size_t count;
    struct bytes names[NAMES_MAX];
};

struct name_parameters *name_parameters_new(const char *csv, struct sanitizer *secrets)
{
    struct name_parameters *p = xcalloc(1, sizeof *p);
    p->csv = csv ? xmemdup0(csv, strlen(csv)) : NULL;
    struct bytes rest = bytes_of(p->csv ? p->csv : "");
    while (rest.len && p->count < NAMES_MAX) {
        struct bytes name = bytes_trim(bytes_take(&rest, ','));
        if (name.len && !(secrets && sanitize_hides(secrets, name)))
            p->names[p->count++] = name;
    }
    return p;
}

void name_parameters_free(struct name_parameters *p)
{
    if (p)
        free(p->csv);
    free(p);
}

static struct bytes value_of(
    const struct request_info *request, struct bytes query, struct bytes name)
{
    struct bytes value = query_value(query, name);
    for (size_t i = 0; i < request->variable_count && !value.len; i++)
        if (bytes_equal(request->variables[i].name, name))
            value = request->variables[i].value;
    return value;
}

void name_parameter_add(struct bytes name, struct bytes value, struct buf *out)
{
    buf_putc(out, out->len && memchr(out->data, '?', out->len) ? '&' : '?');
    buf_add(out, name.data, name.len);
    buf_putc(out, '=');
    if (query_is_identifier(value))
        path_template_segment(value, out);
    else
        buf_puts(out, ":id");
}

void name_parameters_add(
    const struct name_parameters *p, const struct request_info *request, struct buf *out)
{
    struct bytes query = p->count ? query_of(request->target) : (struct bytes){NULL, 0};
    for (size_t i = 0; i < p->count; i++) {
        struct bytes value = value_of(request, query, p->names[i]);
        if (value.len)
            name_parameter_add(p->names[i], value, out);
    }
}
