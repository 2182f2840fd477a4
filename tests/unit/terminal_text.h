/* What may reach a terminal: whole lines of well-formed UTF-8, no wider than asked for, with no
 * control character but newline and, where colours are on, escape sequences for colours only. */
#ifndef APMSHIM_TESTS_TERMINAL_TEXT_H
#define APMSHIM_TESTS_TERMINAL_TEXT_H

#include "export/canvas.h"
#include "export/utf8.h"

/* Length of the colour sequence at s, 0 if there is none. */
static inline size_t color_sequence(const char *s, size_t n)
{
    size_t i = 2;
    if (n < 3 || s[0] != '\x1b' || s[1] != '[')
        return 0;
    while (i < n && ((s[i] >= '0' && s[i] <= '9') || s[i] == ';'))
        i++;
    return i < n && s[i] == 'm' ? i + 1 : 0;
}

/* NULL if all is well, else what is wrong. */
static inline const char *terminal_text_problem(const struct buf *text, int width, bool color)
{
    struct buf line = {0};
    const char *problem = NULL;
    size_t i = 0;
    if (!text->len || text->data[text->len - 1] != '\n')
        return "does not end with a newline";
    while (i < text->len && !problem) {
        uint32_t code = 0;
        const char *s = text->data + i;
        size_t n = text->len - i, len = color ? color_sequence(s, n) : 0;
        if (len) {
            i += len;
            continue;
        }
        len = utf8_char(s, n, &code);
        if (!len) {
            problem = "not well-formed UTF-8";
        } else if (code == '\n') {
            problem = text_columns(line.data) > width ? "a line is too wide" : NULL;
            buf_clear(&line);
        } else if (code < ' ' || (code >= 0x7f && code < 0xa0)) {
            problem = "a control character";
        } else if ((code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
                   (code >= 0x2060 && code <= 0x206f) || code == 0xfeff) {
            problem = "a character that is invisible or turns the text around";
        }
        buf_add(&line, s, code == '\n' ? 0 : len);
        i += len;
    }
    buf_free(&line);
    return problem;
}

#endif
