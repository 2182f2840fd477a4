#include "command/redact_values.h"

#include <ctype.h>

static bool is_blank(char c)
{
    return c && strchr(BLANKS, c);
}

static bool separates(char c)
{
    return is_blank(c) || c == '&' || c == ';' || c == ',';
}

static bool in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

const char *assigner_at(const char *text)
{
    text += strspn(text, BLANKS);
    const char *assigns = text + strspn(text, "+?!|~");
    if (*assigns == '=')
        return assigns;
    return (*text == ':' && !behind_scheme(text)) || *text == '>' ? text : NULL;
}

bool is_quoted(const char *value)
{
    value += strspn(value, "\\");
    return *value == '"' || *value == '\'';
}

static const char *quoted_end(const char *value)
{
    size_t depth = strspn(value, "\\"), backslashes = 0;
    const char *c = value + depth;
    char quote = *c++;
    for (; *c; c++) {
        if (*c == '\\') {
            backslashes++;
            continue;
        }
        bool escaped = depth ? backslashes > depth : backslashes % 2;
        bool closes = *c == quote && !escaped;
        backslashes = 0;
        if (!closes)
            continue;
        if (depth || c[1] != quote)
            return c + 1;
        c++; /* doubled: it is part of the value */
    }
    return c;
}

/* Whether a name and a '=' follow, or an option, or nothing. *ret_name: where it would begin. */
static bool begins_pair(const char *separator, const char **ret_name)
{
    const char *c = separator;
    while (separates(*c))
        c++;
    *ret_name = c;
    if (!*c)
        return true;
    if (is_blank(c[-1]) && *c == '-')
        return in_name(c[1]);
    c += strspn(c, "\"'{([");
    const char *name = c;
    while (in_name(*c))
        c++;
    bool any = c > name;
    c += strspn(c, " ");
    return any && *c == '=';
}

static const char *unquoted_end(const char *c)
{
    const char *next;
    while (*c) {
        if (*c == '\\' && c[1]) {
            c += 2;
        } else if (!separates(*c)) {
            c++;
        } else {
            if (begins_pair(c, &next))
                return c;
            c = next;
        }
    }
    return c;
}

const char *value_end(const char *value)
{
    if (!is_quoted(value))
        return unquoted_end(value);
    const char *end = quoted_end(value);
    return !*end || separates(*end) || strchr("}])>", *end) ? end : unquoted_end(end);
}

const char *behind_scheme(const char *text)
{
    if (*text != ':')
        return NULL;
    for (int slashes = 0; slashes < 2; slashes++) {
        text++;
        text += strspn(text, "\\"); /* as JSON may have it */
        if (*text != '/')
            return NULL;
    }
    return text + 1;
}

const char *url_list_end(const char *text)
{
    const char *scheme = text;
    for (const char *c = text; *c; c++) {
        if (isalnum((unsigned char)*c) || *c == '+' || *c == '-' || *c == '.')
            continue;
        if (*c == ':' && c > scheme && scheme > text &&
            strchr(" \t\n,;|\"'()[]{}<>=&", scheme[-1]) && behind_scheme(c))
            return scheme;
        scheme = c + 1;
    }
    return text + strlen(text);
}

bool is_host_list(struct bytes authority)
{
    bool bracketed = false;
    for (size_t i = 0; i < authority.len; i++) {
        char c = authority.data[i];
        bracketed = (bracketed || c == '[') && c != ']';
        if (c != ':' || bracketed)
            continue;
        while (i + 1 < authority.len && isdigit((unsigned char)authority.data[i + 1]))
            i++;
        char after = i + 1 < authority.len ? authority.data[i + 1] : ',';
        if (isalnum((unsigned char)after) || after == '%' || (unsigned char)after >= 0x80)
            return false;
    }
    return true;
}

static size_t begins_with(const char *text, const char *const *list)
{
    for (; *list; list++)
        if (strncmp(text, *list, strlen(*list)) == 0)
            return strlen(*list);
    return 0;
}

size_t token_length(const char *text, bool at_start, const char **ret_seen)
{
    static const char alphabet[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.=";
    static const char *const anywhere[] = {"eyJhbGci", "eyJ0eXAi", "eyJraWQi", NULL};
    static const char *const starting[] = {"eyJ", "ghp_", "gho_", "ghs_", "ghu_", "github_pat_",
        "glpat-", "xoxb-", "xoxp-", "xoxa-", "sk_live_", "rk_live_", "sk-", "AKIA", "ASIA", "AIza",
        "hvs.", "dop_v1_", NULL};
    enum { SHORTEST = 16 };
    if (!begins_with(text, anywhere) && !(at_start && begins_with(text, starting)))
        return 0;
    size_t len = strspn(text, alphabet);
    if (len >= SHORTEST)
        return len;
    *ret_seen = text + len;
    return 0;
}

bool is_login(struct bytes value)
{
    size_t head = 0;
    while (head < value.len && !strchr(":%,", value.data[head]))
        head++;
    if (head == value.len || (head == 0 && value.data[0] != ':'))
        return false;
    bool numbers = true;
    for (size_t i = 0; i < value.len && numbers; i++)
        numbers = isdigit((unsigned char)value.data[i]) || strchr(".*:[]", value.data[i]);
    bool remote_path =
        memchr(value.data, '@', head) && head + 1 < value.len && value.data[head + 1] == '/';
    return !numbers && !remote_path && !behind_scheme(value.data + head);
}

bool looks_like_path(struct bytes value)
{
    return memchr(value.data, '/', value.len) || memchr(value.data, '.', value.len);
}
