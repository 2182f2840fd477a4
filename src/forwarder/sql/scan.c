#include "sql/scan.h"

const bool scan_in_word[256] = {['0' ... '9'] = true,
    ['A' ... 'Z'] = true,
    ['a' ... 'z'] = true,
    ['_'] = true,
    ['$'] = true,
    [0x80 ... 0xff] = true};

size_t scan_digits(struct bytes b)
{
    size_t i = 0;
    while (i < b.len && scan_is_digit(b.data[i]))
        i++;
    return i;
}

size_t scan_line(struct bytes b)
{
    size_t i = 0;
    while (i < b.len && b.data[i] != '\n' && b.data[i] != '\r')
        i++;
    return i;
}

size_t scan_block_comment(struct bytes b)
{
    size_t i = 2, depth = 1;
    while (i < b.len && depth > 0) {
        if (b.data[i] == '/' && scan_at(b, i + 1) == '*') {
            depth++;
            i += 2;
        } else if (b.data[i] == '*' && scan_at(b, i + 1) == '/') {
            depth--;
            i += 2;
        } else {
            i++;
        }
    }
    return i < b.len ? i : b.len;
}

size_t scan_dollar_tag(struct bytes b)
{
    size_t i = 1;
    if (scan_is_letter(scan_at(b, i))) {
        while (scan_is_letter(scan_at(b, i)) || scan_is_digit(scan_at(b, i)))
            i++;
    }
    return scan_at(b, i) == '$' ? i + 1 : 0;
}

size_t scan_dollar_string(struct bytes b, size_t tag_len)
{
    struct bytes body = bytes_skip(b, tag_len);
    const char *end = memmem(body.data, body.len, b.data, tag_len);
    return end ? (size_t)(end - b.data) + tag_len : 0;
}

size_t scan_quoted(struct bytes b, char close)
{
    for (size_t i = 1; i < b.len; i++) {
        if (b.data[i] != close)
            continue;
        if (scan_at(b, i + 1) != close)
            return i + 1;
        i++;
    }
    return 0;
}
