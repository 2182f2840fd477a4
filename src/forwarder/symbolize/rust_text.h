/* Characters of Rust's names. */
#ifndef APMSHIM_SYMBOLIZE_RUST_TEXT_H
#define APMSHIM_SYMBOLIZE_RUST_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/bytes.h"

/* In UTF-8; false: there is no such character. */
bool rust_add_character(uint32_t c, struct buf *out);
/* An identifier in Punycode (RFC 3492), with '_' where that has '-'; false: it is none. */
bool rust_add_punycode(struct bytes text, struct buf *out);

#endif
