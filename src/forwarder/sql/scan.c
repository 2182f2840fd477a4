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
    return depth ? 0 : i;
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

/* The first byte of these in the encodings of Windows, Mac and Latin-1, where it can't be one of
 * UTF-8: behind a byte that is none of a longer character. */
static bool is_single_byte_quote(struct bytes b, size_t i)
{
    static const unsigned char quotes[] = {
        0x82, 0x84, 0x8b, 0x91, 0x92, 0x93, 0x94, 0x9b, 0xab, 0xb4, 0xbb};
    return (i == 0 || !(b.data[i - 1] & 0x80)) &&
           memchr(quotes, (unsigned char)b.data[i], sizeof quotes);
}

bool scan_typographic(struct bytes b)
{
    static const char *const quotes[] = {"\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9a",
        "\xe2\x80\x9b", "\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x9e", "\xe2\x80\x9f",
        "\xe2\x80\xb2", "\xe2\x80\xb3", "\xe2\x80\xb4", "\xe2\x80\xb5", "\xe2\x80\xb6",
        "\xe2\x80\xb7", "\xca\xbc", "\xcb\xae", "\xe2\x9d\x9b", "\xe2\x9d\x9c", "\xe2\x9d\x9d",
        "\xe2\x9d\x9e", "\xe3\x80\x9d", "\xe3\x80\x9e", "\xe3\x80\x9f", "\xef\xbd\xa2",
        "\xef\xbd\xa3", "\xe3\x80\x8a", "\xe3\x80\x8b", "\xc2\x82", "\xc2\x84", "\xc2\x8b",
        "\xc2\x91", "\xc2\x92", "\xc2\x93", "\xc2\x94", "\xc2\x9b", "\xe2\x80\xb9", "\xe2\x80\xba",
        "\xc2\xab", "\xc2\xbb", "\xc2\xb4", "\xef\xbc\x82", "\xef\xbc\x87", "\xe3\x80\x8c",
        "\xe3\x80\x8d", "\xe3\x80\x8e", "\xe3\x80\x8f"};
    for (size_t i = 0; i < b.len; i++) {
        if (!(b.data[i] & 0x80))
            continue;
        if (is_single_byte_quote(b, i))
            return true;
        for (size_t k = 0; k < sizeof quotes / sizeof *quotes; k++)
            if (bytes_start_with(bytes_skip(b, i), bytes_of(quotes[k])))
                return true;
    }
    return false;
}
