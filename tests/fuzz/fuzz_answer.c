/* Any answer of what claims to be an APM Server, in pieces of any size. */
#include "export/post.c"

#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct poster poster = {0};
    uint64_t accepted;
    struct input input = {data, size};
    while (input.size) {
        struct bytes piece = input_bytes(&input, (size_t)input_byte(&input) * 16 + 1);
        char *copy = malloc(piece.len + 1); /* curl's bytes are not ended by NUL, nor writable */
        memcpy(copy, piece.data, piece.len);
        size_t taken = on_answer(copy, 1, piece.len, &poster);
        free(copy);
        require(poster.answer.len <= ANSWER_MAX);
        if (taken != piece.len)
            break;
    }
    (void)says_accepted(&poster, &accepted);
    buf_free(&poster.answer);
    return 0;
}
