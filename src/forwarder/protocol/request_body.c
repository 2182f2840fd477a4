#include "protocol/request_body.h"

void request_body_tell(struct request_body *body, const struct protocol_listener *listener,
    uint64_t stream, struct bytes piece)
{
    size_t room = BODY_BYTES_TOLD - body->told;
    if (piece.len > room)
        piece.len = room;
    if (!piece.len)
        return;
    body->told += piece.len;
    listener->body(listener->self, stream, piece);
}
