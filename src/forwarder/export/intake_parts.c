#include "export/intake_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "export/json.h"

void intake_keyword(struct buf *b, const char *key, const char *value)
{
    if (value && *value)
        json_string(b, key, value, JSON_KEYWORD);
}

void intake_outcome(struct buf *b, enum outcome outcome)
{
    static const char *const words[] = {[OUTCOME_UNKNOWN] = "unknown",
        [OUTCOME_SUCCESS] = "success",
        [OUTCOME_FAILURE] = "failure"};
    json_string(b, "outcome", words[outcome], JSON_KEYWORD);
}

static void add_label(struct buf *b, const struct label *label)
{
    json_label_key(b, label->key);
    switch (label->kind) {
    case LABEL_STRING:
        json_string(b, NULL, label->string ? label->string : "", JSON_KEYWORD);
        break;
    case LABEL_NUMBER:
        json_number(b, NULL, label->number);
        break;
    case LABEL_BOOL:
        json_bool(b, NULL, label->number != 0);
        break;
    }
}

void intake_labels(struct buf *b, const char *key, const struct labels *labels)
{
    size_t at = json_object(b, key);
    for (size_t i = 0; i < labels->count; i++) {
        const struct label *label = &labels->items[i];
        bool is_nan = label->number - label->number != 0; /* or infinite */
        if (label->key && *label->key && !(label->kind == LABEL_NUMBER && is_nan))
            add_label(b, label);
    }
    json_end(b, at);
}

static bool same_name(const struct header *a, const struct header *b)
{
    return (*a->name | 0x20) == (*b->name | 0x20) && strcasecmp(a->name, b->name) == 0;
}

static bool seen_before(const struct headers *headers, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (same_name(&headers->items[k], &headers->items[i]))
            return true;
    return false;
}

static bool seen_again(const struct headers *headers, size_t i)
{
    for (size_t k = i + 1; k < headers->count; k++)
        if (same_name(&headers->items[k], &headers->items[i]))
            return true;
    return false;
}

static void add_value(struct buf *b, const struct header *header)
{
    json_string(b, NULL, header->value ? header->value : "", JSON_LONG);
}

static void add_values(struct buf *b, const struct headers *headers, size_t first)
{
    size_t at = json_array(b, NULL);
    for (size_t i = first; i < headers->count; i++)
        if (same_name(&headers->items[i], &headers->items[first]))
            add_value(b, &headers->items[i]);
    json_end(b, at);
}

void intake_headers(struct buf *b, const struct headers *headers)
{
    size_t at = json_object(b, "headers");
    for (size_t i = 0; i < headers->count; i++) {
        if (seen_before(headers, i))
            continue;
        json_key(b, headers->items[i].name);
        if (seen_again(headers, i))
            add_values(b, headers, i);
        else
            add_value(b, &headers->items[i]);
    }
    json_end(b, at);
}

/* Names tell upper from lower case. Of several of a name the last counts, as for agents. */
static void add_cookies(struct buf *b, const struct headers *cookies)
{
    size_t at = json_object(b, "cookies");
    for (size_t i = 0; i < cookies->count; i++) {
        bool again = false;
        for (size_t k = i + 1; k < cookies->count && !again; k++)
            again = strcmp(cookies->items[i].name, cookies->items[k].name) == 0;
        if (again)
            continue;
        json_key(b, cookies->items[i].name);
        json_string(b, NULL, cookies->items[i].value, JSON_KEYWORD);
    }
    json_end(b, at);
}

/* prefix and text as one member, if there is a text. */
static void add_joined(
    struct buf *b, const char *key, const char *prefix, const char *text, const char *suffix)
{
    if (!text || !*text)
        return;
    struct buf joined = {0};
    buf_puts(&joined, prefix);
    buf_puts(&joined, text);
    buf_puts(&joined, suffix);
    json_string(b, key, joined.data, JSON_KEYWORD);
    buf_free(&joined);
}

static void add_url(struct buf *b, const struct http_context *http)
{
    size_t at = json_object(b, "url");
    struct buf raw = {0};
    buf_puts(&raw, http->path ? http->path : "");
    if (http->query) {
        buf_putc(&raw, '?');
        buf_puts(&raw, http->query);
    }
    intake_keyword(b, "raw", raw.data);
    intake_keyword(b, "full", http->full_url);
    add_joined(b, "protocol", "", http->scheme, ":");
    intake_keyword(b, "hostname", http->host);
    if (http->port > 0)
        json_integer(b, "port", http->port);
    intake_keyword(b, "pathname", http->path);
    add_joined(b, "search", "?", http->query, "");
    json_end(b, at);
    buf_free(&raw);
}

static void add_request(struct buf *b, const struct http_context *http, bool with_headers)
{
    size_t request = json_object(b, "request"), socket;
    intake_keyword(b, "method", http->method);
    intake_keyword(b, "http_version", http->http_version);
    add_url(b, http);
    if (with_headers) {
        intake_headers(b, &http->request_headers);
        add_cookies(b, &http->cookies);
    }
    socket = json_object(b, "socket");
    intake_keyword(b, "remote_address", http->remote_address);
    json_end(b, socket);
    json_end(b, request);
}

void intake_server_http(struct buf *b, const struct http_context *http, bool with_headers)
{
    if (http->method && *http->method) /* the schema wants it */
        add_request(b, http, with_headers);
    size_t response = json_object(b, "response");
    if (http->status > 0)
        json_integer(b, "status_code", http->status);
    if (with_headers)
        intake_headers(b, &http->response_headers);
    json_end(b, response);
}

void intake_framework(struct buf *b, const struct framework *framework)
{
    size_t service = json_object(b, "service"), at = json_object(b, "framework");
    intake_keyword(b, "name", framework->name);
    intake_keyword(b, "version", framework->version);
    json_end(b, at);
    json_end(b, service);
}

void intake_client_http(struct buf *b, const struct http_context *http)
{
    size_t at = json_object(b, "http");
    intake_keyword(b, "method", http->method);
    if (http->full_url && *http->full_url)
        json_string(b, "url", http->full_url, JSON_LONG);
    if (http->status > 0)
        json_integer(b, "status_code", http->status);
    json_end(b, at);
}
