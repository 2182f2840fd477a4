/* Any bytes as target, authority, trace context or pattern: what comes of them stays bounded and
 * holds no credentials. The input's parts are separated by newlines. */
#include <stdint.h>
#include <stdlib.h>

#include "options.h"
#include "trace/name_parameters.h"
#include "trace/path_template.h"
#include "trace/routes.h"
#include "trace/traceparent.h"
#include "trace/url.h"
#include "base/wildcard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static struct bytes next_line(struct bytes *text)
{
    const char *end = text->len ? memchr(text->data, '\n', text->len) : NULL;
    struct bytes line = {text->data, end ? (size_t)(end - text->data) : text->len};
    *text = bytes_skip(*text, line.len + (end != NULL));
    return line;
}

static void fuzz_template(struct bytes path)
{
    struct buf out = {0};
    path_template(path, &out);
    require(out.len > 0 && out.len <= PATH_TEMPLATE_BYTES_MAX);
    for (size_t i = 0; i < out.len; i++)
        require(out.data[i] > ' ' && out.data[i] <= '~');
    buf_free(&out);
}

/* What was learned of a path is found again, whatever is learned of others. */
static void fuzz_routes(struct bytes text)
{
    struct routes *routes = routes_new();
    struct buf template = {0}, learned = {0}, found = {0};
    for (unsigned n = 0; text.len && n < 128; n++) {
        struct bytes path = next_line(&text);
        bool succeeded = path.len % 4 != 3;
        buf_clear(&template);
        buf_clear(&learned);
        buf_clear(&found);
        path_template(path, &template);
        const struct bytes route = {template.data, template.len};
        routes_learn(routes, 1, route, succeeded, &learned);
        bool known = routes_find(routes, 1, route, &found);
        require(learned.len <= 2 * PATH_TEMPLATE_BYTES_MAX);
        require(!succeeded || (known && strcmp(learned.data, found.data) == 0));
    }
    buf_free(&template);
    buf_free(&learned);
    buf_free(&found);
    routes_free(routes);
}

static void fuzz_parameters(const char *csv, struct bytes target)
{
    struct name_parameters *parameters = name_parameters_new(csv, NULL);
    const struct request_info request = {.target = target};
    struct buf out = {0};
    buf_puts(&out, "/");
    name_parameters_add(parameters, &request, &out);
    require(out.len <= 1 + strlen(csv) + (size_t)8 * 128);
    buf_free(&out);
    name_parameters_free(parameters);
}

/* As by default: made once. */
static const struct privacy *privacy(void)
{
    static struct privacy made;
    if (!made.headers)
        privacy_init(&made, options_load());
    return &made;
}

static void fuzz_text(struct bytes text)
{
    struct buf out = {0};
    for (int kind = TEXT_ANY; kind <= TEXT_QUERY; kind++) {
        buf_clear(&out);
        text_hide(&privacy()->text, (enum text_kind)kind, text, &out);
        require(out.len <= text.len * sizeof SANITIZED + sizeof SANITIZED);
    }
    buf_free(&out);
}

static void fuzz_url(struct bytes target, struct bytes scheme, struct bytes authority)
{
    struct arena arena = {0};
    struct http_context http = {0};
    url_split(privacy(), &arena, target, scheme, authority, &http);
    require(!http.host || !strchr(http.host, '@'));
    require(!http.path || strlen(http.path) <= URL_BYTES_MAX);
    require(!http.full_url || strlen(http.full_url) <= URL_BYTES_MAX);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = {(const char *)data, size};
    struct trace_parent parent;
    if (!size)
        return 0;
    struct bytes target = next_line(&text), authority = next_line(&text);
    struct bytes first = next_line(&text), second = next_line(&text);
    fuzz_template(target);
    fuzz_url(target, first, authority);
    fuzz_text(first);
    if (traceparent_parse(first, second, &parent))
        require(parent.parent_id && parent.sample_rate >= -1 && parent.sample_rate <= 1);
    struct buf csv = {0};
    buf_add(&csv, first.data, first.len);
    struct wildcard_list *list = wildcard_list_parse(csv.data);
    (void)wildcard_list_match(list, target);
    wildcard_list_free(list);
    fuzz_routes((struct bytes){(const char *)data, size});
    fuzz_parameters(csv.data, target);
    buf_free(&csv);
    return 0;
}
