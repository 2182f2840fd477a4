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
    bool compact;  /* what is left out is not among the bytes */
    bool lost;     /* there were fewer bytes than were moved */
};

/* The first n bytes from an offset on; they were moved by the kernel, so they are there. */
void iovec_copy(char *out, const struct iovec *iov, int count, uint64_t from, size_t n);

/* Whether these bytes are frames, or lead to them: the preface, or the response that switches. Then
 * *ret_cut is ready. */
bool frames_begin(struct frames *frames, enum record_type type, const struct iovec *iov, int count,
    uint64_t total, struct frames_cut *ret_cut);
/* The same question of what is about to be sent, by its first n bytes, and without noting anything.
 * *ret_lead: how many of the bytes are none. */
bool frames_are_sent(
    const struct frames *frames, const char *bytes, size_t n, uint64_t total, uint32_t *ret_lead);
/* It was sent: the cut of what was kept of it before, which is only what frames_take keeps. */
void frames_begin_kept(struct frames *frames, const struct iovec *kept, uint64_t total,
    uint32_t lead, struct frames_cut *ret_cut);
/* Something else was sent. */
void frames_pass_others(struct frames *frames);
/* There will be none. */
void frames_exclude(struct frames *frames);
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
