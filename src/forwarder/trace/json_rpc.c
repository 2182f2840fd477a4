#include "trace/json_rpc.h"

#include "trace/identifier.h"

enum { METHOD_BYTES_MAX = 64 };

static bool take_char(struct bytes *rest, char c)
{
    *rest = bytes_skip_blanks(*rest);
    if (!rest->len || rest->data[0] != c)
        return false;
    *rest = bytes_skip(*rest, 1);
    return true;
}

/* As it is written, with its escapes; false: it has no end. */
static bool take_string(struct bytes *rest, struct bytes *ret_text)
{
    if (!take_char(rest, '"'))
        return false;
    for (size_t i = 0; i < rest->len; i++) {
        if (rest->data[i] == '\\') {
            i++;
        } else if (rest->data[i] == '"') {
            *ret_text = (struct bytes){rest->data, i};
            *rest = bytes_skip(*rest, i + 1);
            return true;
        }
    }
    return false;
}

/* Whatever it is, up to what follows it on the same level. */
static bool skip_value(struct bytes *rest)
{
    unsigned depth = 0;
    struct bytes text;
    while ((*rest = bytes_skip_blanks(*rest)).len) {
        char c = rest->data[0];
        if (!depth && (c == ',' || c == '}'))
            return true;
        if (c == '"') {
            if (!take_string(rest, &text))
                return false;
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= depth && (c == '}' || c == ']');
        *rest = bytes_skip(*rest, 1);
    }
    return false;
}

struct bytes json_rpc_method(struct bytes body)
{
    const struct bytes none = {NULL, 0};
    struct bytes key, method = none;
    bool named = false, has_params = false, has_id = false;
    (void)take_char(&body, '[');
    if (!take_char(&body, '{'))
        return none;
    while (take_string(&body, &key) && take_char(&body, ':')) {
        named |= bytes_equal(key, BYTES("jsonrpc"));
        has_params |= bytes_equal(key, BYTES("params"));
        has_id |= bytes_equal(key, BYTES("id"));
        body = bytes_skip_blanks(body);
        bool text = body.len && body.data[0] == '"';
        if (text && bytes_equal(key, BYTES("method")) && !take_string(&body, &method))
            return none;
        if (method.len && (named || (has_params && has_id)))
            break;
        if (!skip_value(&body) || !take_char(&body, ','))
            break;
    }
    bool is_call = named || (has_params && has_id);
    return is_call && is_identifier(method, METHOD_BYTES_MAX, "-.:/$") ? method : none;
}
