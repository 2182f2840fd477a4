/* Finds out that a connection speaks HTTP/2, and cuts what of it is recorded (wire/http2.h). */
#ifndef APMSHIM_SHIM_FRAMES_H
#define APMSHIM_SHIM_FRAMES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>
#include "wire/http2.h"
#include "wire/record.h"

/* Of one connection; all-zero at its begin. */
struct frames {
    struct http2_walk received, sent;
    bool receives, sends; /* frames, from here on */
    bool has_received, has_sent;
    uint8_t preface; /* bytes of it that have been received */
};

/* The bytes that one call moved, being cut. */
struct frames_cut {
    struct http2_walk walk;
    const struct iovec *iov;
    int count;
    size_t offset; /* in *iov */
    uint64_t left; /* bytes not cut yet */
    uint64_t lead; /* of them, not frames yet: kept */
};

/* The first n bytes from an offset on; they were moved by the kernel, so they are there. */
void iovec_copy(char *out, const struct iovec *iov, int count, uint64_t from, size_t n);

/* Whether these bytes are frames, or lead to them: the preface, or the response that switches. Then
 * *ret_cut is ready. */
bool frames_begin(struct frames *frames, enum record_type type, const struct iovec *iov, int count,
    uint64_t total, struct frames_cut *ret_cut);
/* Takes from the bytes, and copies what of it is to be kept, at most max; NULL: only counts that.
 * Returns its length, and how many bytes were taken. */
size_t frames_take(struct frames_cut *cut, char *out, size_t max, uint64_t *ret_taken);
/* All has been taken. */
void frames_end(struct frames *frames, enum record_type type, const struct frames_cut *cut);
/* Bytes of a file were sent: true if they lie in a payload that is left out. */
bool frames_pass_unseen(struct frames *frames, uint64_t total);
/* Bytes of this direction were lost, so that the next frame cannot be found. */
void frames_lose(struct frames *frames, enum record_type type);

#endif
