/* Texts that a peer chose (URLs, headers' values, answers) without what is private in them, which
 * becomes "[REDACTED]":
 *
 *     http://user:pw@host/            http://[REDACTED]@host/
 *     /a;jsessionid=1/b               /a;jsessionid=[REDACTED]/b    every parameter of a path
 *     ?page=2&token=1                 ?page=2&token=[REDACTED]      by name, as in {"token": 1}
 *     Bearer 1, a JWT, a PEM block    [REDACTED]                    by form
 *
 * Percent-encoding hides none of it, however often it was done. What may be private is: a text may
 * lose more than it must, never less because it is not well-formed. Linear in the text's length. */
#ifndef APMSHIM_PRIVATE_TEXT_H
#define APMSHIM_PRIVATE_TEXT_H

#include "base/buf.h"
#include "options.h"
#include "private/sanitize.h"

enum text_kind {
    TEXT_ANY,       /* which may hold URLs anywhere */
    TEXT_URL,       /* one URL, absolute or not */
    TEXT_AUTHORITY, /* user:password@host:port */
    TEXT_PATH,
    TEXT_QUERY, /* without '?' */
};

struct text_rules {
    struct sanitizer *names; /* of parameters; NULL: what is hidden by name is not */
    enum url_mode url;       /* what is left of URLs in TEXT_ANY and TEXT_URL */
};

/* Appends to out. */
void text_hide(
    const struct text_rules *rules, enum text_kind kind, struct bytes text, struct buf *out);

#endif
