/* Writes JSON to the end of a buffer. Commas are put where they belong; keys are literals that need
 * no escaping. What is absent (NULL strings, numbers that are not finite) is left out. */
#ifndef APMSHIM_EXPORT_JSON_H
#define APMSHIM_EXPORT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"

/* Most Unicode characters of a string, the last of which is U+2026 where it was longer. */
enum { JSON_KEYWORD = 1024, JSON_LONG = 10000 };

/* An object or array as a member, or as an element if key is NULL. What is returned goes to
 * json_end: it takes the member back if nothing was put into it. */
size_t json_object(struct buf *b, const char *key);
size_t json_array(struct buf *b, const char *key);
void json_end(struct buf *b, size_t begin);
/* Ends it also when it is empty. */
void json_end_kept(struct buf *b, size_t begin);

/* A member; an element of an array if key is NULL. */
void json_string(struct buf *b, const char *key, const char *value, size_t max_chars);
void json_integer(struct buf *b, const char *key, int64_t value);
void json_number(struct buf *b, const char *key, double value);
void json_bool(struct buf *b, const char *key, bool value);
/* A duration as milliseconds, exact to the nanosecond. */
void json_milliseconds(struct buf *b, const char *key, uint64_t ns);
/* Bytes and a number as lower-case hexadecimal digits, 2 a byte and 16. */
void json_hex(struct buf *b, const char *key, const uint8_t *bytes, size_t n);
void json_hex64(struct buf *b, const char *key, uint64_t value);
/* JSON that is there already. */
void json_raw(struct buf *b, const char *key, const char *json, size_t len);
/* A key that is not a literal; its value follows, with NULL as the key. */
void json_key(struct buf *b, const char *key);
/* The same with '.', '*' and '"' as '_': the server takes no such labels. */
void json_label_key(struct buf *b, const char *key);

#endif
