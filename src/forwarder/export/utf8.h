/* UTF-8 that anybody may have written. */
#ifndef APMSHIM_EXPORT_UTF8_H
#define APMSHIM_EXPORT_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define UTF8_ELLIPSIS "\xe2\x80\xa6"    /* U+2026 */

/* Length of the well-formed character at s, of which n > 0 bytes are left; 0 if there is none. */
size_t utf8_char(const char *s, size_t n, uint32_t *ret_code);
/* Bytes at s that one U+FFFD stands for: a cut sequence counts as one (Unicode 15, 3.9, U+FFFD
 * substitution of maximal subparts). */
size_t utf8_bad(const char *s, size_t n);

#endif
