/* Internet addresses as they are shown. An IPv4 address is shown as such, also where a socket of
 * both families has it as IPv6 (RFC 4291, section 2.5.5.2). */
#ifndef APMSHIM_TRACE_ADDRESS_H
#define APMSHIM_TRACE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include "base/bytes.h"
#include "wire/record.h"

enum { ADDRESS_TEXT_MAX = INET6_ADDRSTRLEN };

/* "": it is none of the internet's. */
void address_show(const struct rec_address *address, char ret[ADDRESS_TEXT_MAX]);
/* The same for one that is told as text, which is kept as it was spelt; false, and "": the text is
 * no address. */
bool address_show_text(struct bytes text, char ret[ADDRESS_TEXT_MAX]);

#endif
