/* What a conversation speaks: decided by its first bytes, or by the port where the operator said
 * so. */
#include "base/alloc.h"
#include "base/buf.h"
#include "protocol/proxy_header.h"
#include "trace/tcp.h"

enum { SNIFF_BYTES_MAX = 64 };

static void speak(struct conversation *c, const struct protocol *protocol)
{
    c->protocol = protocol;
    c->state = xcalloc(1, protocol->state_size);
}

static void drop_first(struct conversation *c, size_t n)
{
    c->first.len -= n;
    memmove(c->first.data, c->first.data + n, c->first.len);
}

/* Takes the header of the PROXY protocol off, once. False: there may be more of it to come. */
static bool pass_proxy_header(struct conversation *c)
{
    struct proxy_header header;
    if (c->proxied || c->first_direction != TO_SERVER)
        return true;
    switch (proxy_header_read((struct bytes){c->first.data, c->first.len}, &header)) {
    case SNIFF_MORE:
        return false;
    case SNIFF_YES:
        c->proxied = true;
        if (header.source.family != ADDRESS_NONE)
            conversation_set_peer(c, &header.source);
        drop_first(c, header.size);
        return true;
    default:
        return true;
    }
}

/* Sets the protocol if one is recognised; false if none can be any more. */
static bool sniff(struct conversation *c)
{
    struct bytes head = {c->first.data, c->first.len};
    bool more = false;
    for (const struct protocol *const *p = protocols; *p; p++) {
        enum sniff found = (*p)->sniff(c->first_direction, head);
        if (found == SNIFF_YES) {
            speak(c, *p);
            return true;
        }
        more |= found == SNIFF_MORE;
    }
    return more && head.len < SNIFF_BYTES_MAX;
}

static void speak_unread(struct tracer *tracer, struct conversation *c, bool wanted)
{
    struct bytes head = {c->first.data, c->first.len};
    if (wanted && turns_is_ciphered(head)) {
        tracer->ciphered++;
        wanted = false;
    }
    if (wanted && !c->is_local)
        speak(c, &turns_protocol);
    else
        c->opaque = true;
}

void conversation_recognise(struct tracer *tracer, struct conversation *c, bool cut)
{
    const struct options *options = tracer->options;
    if (!pass_proxy_header(c) && !cut)
        return;
    if (!c->first.len)
        return;
    if (tcp_name(options->tcp_names, c->port).len)
        speak_unread(tracer, c, true);
    else if (!sniff(c) || (cut && !c->protocol))
        speak_unread(tracer, c, options->tcp);
}
