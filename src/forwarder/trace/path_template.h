/* Paths as names of few: what varies from request to request becomes ":id". */
#ifndef APMSHIM_TRACE_PATH_TEMPLATE_H
#define APMSHIM_TRACE_PATH_TEMPLATE_H

#include "base/buf.h"

enum { PATH_TEMPLATE_BYTES_MAX = 128, PATH_TEMPLATE_SEGMENTS_MAX = 8 };

/* Appends the template of the path to out. Nobody knows the service's routes, so it is guessed:
 *
 *     /users/123/orders                      /users/:id/orders
 *     /a/7f9c24e8-3b12-4fef-91e0-5ad2f8c6    /a/:id     hexadecimal, 8 digits or more, UUIDs
 *     /2024-01-31/52.5,-13.4                 /:id/:id   numbers, dates, times
 *     /t/eyJhbGciOiJIUzI1NiJ9                /t/:id     tokens of 20 characters or more
 *     /u/a@b.example/caf%C3%A9               /u/:id/:id addresses, text
 *     /static/app.3f2a1b9c.js                /static/app.:id.js
 *     /order-20240131/Products(7)            /order-:id/Products(:id)
 *     /REST/1.0/ticket, /api/2/issue         as they are: versions
 *     /show.php/Some_Title                   what follows a script is "*", but for an index
 *
 * Numbers below 1000 stay inside a word (/v2, /utf-8). Parameters (";jsessionid=1") are left out,
 * "." and ".." resolved, empty segments dropped, and so is a slash at the end. Nothing of the
 * request but printable ASCII gets into the template. What is beyond the limits becomes "*". */
void path_template(struct bytes path, struct buf *out);
/* One segment, or a word that is like one. */
void path_template_segment(struct bytes segment, struct buf *out);

#endif
