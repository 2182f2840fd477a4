/* The first line of every request: who sends. The server refuses all that follows if it is wrong.
 */
#include <string.h>

#include "export/intake.h"
#include "export/intake_parts.h"
#include "export/json.h"

static void add_named(struct buf *b, const char *key, const char *name, const char *value)
{
    size_t at = json_object(b, key);
    intake_keyword(b, name, value);
    json_end(b, at);
}

static void add_service_name(struct buf *b, const char *name)
{
    struct buf clean = {0};
    buf_puts(&clean, name && *name ? name : "unknown-apmshim-service");
    for (char *c = clean.data; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-", *c))
            *c = '_';
    if (clean.len > JSON_KEYWORD) /* cut here: an ellipsis is not such a character */
        clean.data[JSON_KEYWORD] = '\0';
    json_string(b, "name", clean.data, JSON_KEYWORD);
    buf_free(&clean);
}

static void add_agent(struct buf *b, const struct metadata *m)
{
    size_t at = json_object(b, "agent");
    json_string(b, "name", "apmshim", JSON_KEYWORD);
    json_string(b, "version", m->agent_version ? m->agent_version : "0", JSON_KEYWORD);
    intake_keyword(b, "ephemeral_id", m->ephemeral_id);
    intake_keyword(b, "activation_method", m->activation_method);
    json_end(b, at);
}

static void add_service(struct buf *b, const struct metadata *m)
{
    size_t at = json_object(b, "service");
    add_service_name(b, m->service_name);
    intake_keyword(b, "version", m->service_version);
    intake_keyword(b, "environment", m->environment);
    add_agent(b, m);
    add_named(b, "node", "configured_name", m->service_node_name);
    if (m->language_name) {
        size_t language = json_object(b, "language");
        json_string(b, "name", m->language_name, JSON_KEYWORD);
        intake_keyword(b, "version", m->language_version);
        json_end(b, language);
    }
    if (m->runtime_name && m->runtime_version) {
        size_t runtime = json_object(b, "runtime");
        json_string(b, "name", m->runtime_name, JSON_KEYWORD);
        json_string(b, "version", m->runtime_version, JSON_KEYWORD);
        json_end(b, runtime);
    }
    add_named(b, "framework", "name", m->framework_name);
    json_end(b, at);
}

static void add_process(struct buf *b, const struct metadata *m)
{
    size_t at = json_object(b, "process"), argv;
    json_integer(b, "pid", m->pid);
    if (m->ppid > 0)
        json_integer(b, "ppid", m->ppid);
    intake_keyword(b, "title", m->title);
    argv = json_array(b, "argv");
    for (size_t i = 0; i < m->argc; i++)
        json_string(b, NULL, m->argv[i], JSON_KEYWORD);
    json_end(b, argv);
    json_end(b, at);
}

static void add_kubernetes(struct buf *b, const struct metadata *m)
{
    size_t at = json_object(b, "kubernetes"), pod;
    intake_keyword(b, "namespace", m->kubernetes_namespace);
    add_named(b, "node", "name", m->kubernetes_node);
    pod = json_object(b, "pod");
    intake_keyword(b, "name", m->kubernetes_pod);
    intake_keyword(b, "uid", m->kubernetes_pod_uid);
    json_end(b, pod);
    json_end(b, at);
}

static void add_system(struct buf *b, const struct metadata *m)
{
    size_t at = json_object(b, "system");
    intake_keyword(b, "detected_hostname", m->detected_hostname);
    intake_keyword(b, "configured_hostname", m->configured_hostname);
    intake_keyword(b, "architecture", m->architecture);
    intake_keyword(b, "platform", m->platform);
    add_named(b, "container", "id", m->container_id);
    add_kubernetes(b, m);
    json_end(b, at);
}

void intake_encode_metadata(struct buf *b, const struct metadata *m)
{
    size_t line = json_object(b, NULL), metadata = json_object(b, "metadata");
    add_service(b, m);
    if (m->pid > 0)
        add_process(b, m);
    add_system(b, m);
    intake_labels(b, "labels", &m->global_labels);
    json_end_kept(b, metadata);
    json_end_kept(b, line);
    buf_putc(b, '\n');
}

/* A comment's own characters, and those no header may hold, as '_' (RFC 9110, 5.6.5). */
static void add_comment_text(struct buf *b, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        buf_putc(b, c < 0x20 || c >= 0x7f || strchr("()\\", c) ? '_' : (char)c);
    }
}

void intake_user_agent(struct buf *b, const struct metadata *m)
{
    buf_puts(b, "apm-agent-apmshim/");
    add_comment_text(b, m->agent_version ? m->agent_version : "0");
    buf_puts(b, " (");
    add_comment_text(b, m->service_name ? m->service_name : "");
    if (m->service_version) {
        buf_putc(b, ' ');
        add_comment_text(b, m->service_version);
    }
    buf_putc(b, ')');
}
