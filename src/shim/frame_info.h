/* Reading .eh_frame (Linux Standard Base, Exception Frames; DWARF 4, section 6.4) of loaded
 * objects. */
#ifndef APMSHIM_SHIM_FRAME_INFO_H
#define APMSHIM_SHIM_FRAME_INFO_H

#include <stdbool.h>
#include <stdint.h>

enum frame_flags {
    FRAME_KNOWN = 1,     /* the caller can be found */
    FRAME_CFA_FP = 2,    /* CFA counts from the frame pointer, not the stack pointer */
    FRAME_CFA_DEREF = 4, /* and is the word there (realigned stacks) */
    FRAME_FP_SAVED = 8,  /* the caller's frame pointer is at CFA + fp */
    FRAME_FP_AT_FP = 16, /* it is at frame pointer + fp (realigned stacks) */
    FRAME_FP_LOST = 32,  /* it cannot be had */
    FRAME_SIGNAL = 64, /* a signal's: the caller was interrupted, the kernel saved its registers */
};

/* How to get from one instruction's frame to its caller's. Offsets in words of 8 bytes. */
struct frame_rule {
    int64_t cfa : 20;
    int64_t fp : 18;
    int64_t ra : 18; /* the return address is at CFA + ra */
    uint64_t flags : 8;
};

/* The rule at pc, in the object whose .eh_frame_hdr this is. Neither FRAME_KNOWN nor FRAME_SIGNAL:
 * unwinding ends. */
struct frame_rule frame_info_find(const uint8_t *header, uintptr_t pc);

#endif
