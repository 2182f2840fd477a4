/* What a conversation speaks: decided by its first bytes, or by the port where the operator said
 * so. What a client says may be anything, such as a scanner's: that the service answers in HTTP
 * tells what it was taken for. */
#include "base/alloc.h"
#include "base/buf.h"
#include "protocol/proxy_header.h"
#include "trace/tcp.h"

/* Kept while they may become something; while only the answer can tell; while what comes is worked
 * on, which has to be told apart from what came before. */
enum { FIRST_BYTES_MAX = 8192, ODD_BYTES_MAX = 512, TCP_BYTES_MAX = 64 };
_Static_assert((int)PROXY_HEADER_BYTES_MAX < (int)FIRST_BYTES_MAX, "it is only a part of them");

static void speak(struct conversation *c, const struct protocol *protocol)
{
    c->protocol = protocol;
    c->state = xcalloc(1, protocol->state_size);
}

static size_t most_kept(const struct conversation *c)
{
    return c->odd ? ODD_BYTES_MAX : FIRST_BYTES_MAX;
}

/* All of the newest, which may be what tells; behind a gap nothing can be told any more. */
void conversation_keep_first(struct conversation *c, const struct run *run)
{
    if (!c->first.len)
        c->first_total = 0;
    if (c->first.len == c->first_total && c->first.len < most_kept(c))
        buf_add(&c->first, run->head.data, run->head.len);
    c->first_total += run->total;
}

/* In memory of its own: there may be many such connections. */
static void cut_first(struct conversation *c)
{
    struct buf kept = {0};
    buf_add(&kept, c->first.data, most_kept(c));
    buf_free(&c->first);
    c->first = kept;
}

static void drop_first(struct conversation *c, size_t n)
{
    c->first_total -= n;
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

/* Sets the protocol if one is recognised. */
static enum sniff sniff(struct conversation *c)
{
    struct bytes head = {c->first.data, c->first.len};
    enum sniff best = SNIFF_NO;
    for (const struct protocol *const *p = protocols; *p; p++) {
        enum sniff found = (*p)->sniff(c->first_direction, head);
        if (found == SNIFF_YES) {
            speak(c, *p);
            return SNIFF_YES;
        }
        best = found > best ? found : best;
    }
    return best;
}

static void speak_unread(struct tracer *tracer, struct conversation *c, bool wanted)
{
    struct bytes head = {c->first.data, c->first.len};
    if (wanted && turns_is_ciphered(head)) {
        unread_note(tracer, UNREAD_TLS);
        wanted = false;
    }
    if (wanted && !c->is_local)
        speak(c, &turns_protocol);
    else
        c->opaque = true;
}

/* Whether more, or the answer, may tell. */
static bool may_be_told(const struct tracer *tracer, const struct conversation *c, bool more)
{
    if (tracer->options->tcp && !c->is_local)
        return more && c->first.len < TCP_BYTES_MAX;
    return c->first_direction == TO_SERVER || (more && c->first.len < FIRST_BYTES_MAX);
}

void conversation_recognise(struct tracer *tracer, struct conversation *c, bool cut)
{
    if (!pass_proxy_header(c) && !cut)
        return;
    if (!c->first.len)
        return;
    if (tcp_name(tracer->options->tcp_names, c->port).len) {
        speak_unread(tracer, c, true);
        return;
    }
    enum sniff found = sniff(c);
    c->odd = found == SNIFF_NO || c->first.len >= FIRST_BYTES_MAX;
    if (found == SNIFF_YES)
        return;
    if (c->first.len > most_kept(c))
        cut_first(c);
    if (cut || !may_be_told(tracer, c, found == SNIFF_MORE))
        speak_unread(tracer, c, tracer->options->tcp);
}

void conversation_recognise_answer(
    struct tracer *tracer, struct conversation *c, struct bytes answer)
{
    enum sniff http = c->first_direction == TO_SERVER && answer.len
                          ? http1_protocol.sniff(TO_CLIENT, answer)
                          : SNIFF_NO;
    if (http == SNIFF_YES)
        speak(c, &http1_protocol);
    else if (http == SNIFF_NO)
        conversation_recognise(tracer, c, true);
}
