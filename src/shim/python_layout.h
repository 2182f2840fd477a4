/* Where CPython keeps what a traceback shows, by version. */
#ifndef APMSHIM_SHIM_PYTHON_LAYOUT_H
#define APMSHIM_SHIM_PYTHON_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "elf.h"

/* How the frames of a thread hang together. */
enum python_chain {
    CHAIN_OBJECTS, /* to 3.10: frame objects; each has a native frame of the interpreter loop */
    CHAIN_CFRAMES, /* 3.11: a struct on the native stack for each run of the loop; the frame that
                      the loop was entered with is flagged */
    CHAIN_ENTRIES, /* from 3.12: a frame on the native stack ends what one run of the loop has */
};

/* Offsets in bytes. */
struct python_layout {
    uint8_t chain, language; /* enum python_chain, enum code_language */
    struct {
        uint16_t frame; /* the current frame, or the current cframe */
        bool by_cframe;
    } thread;
    struct {
        uint16_t frame, previous;
    } cframe;
    struct {
        uint16_t code, previous, position;
        uint16_t owner;     /* one byte: whether it is an entry, or to whom it belongs */
        uint16_t generator; /* one byte: whether it is a generator's; objects: the generator */
        uint16_t size;      /* of what is read */
    } frame;
    struct {
        uint16_t name, file, first_line, lines;
        uint16_t flags;        /* CO_COROUTINE and others */
        uint16_t instructions; /* position counts from here; 0: it is an index */
        uint16_t size;
    } code;
    uint16_t ascii, not_ascii; /* where the characters of a string begin */
};

enum {
    PYTHON_TYPE = 8, /* of any object: its type; strings, bytes: */
    PYTHON_LENGTH = 16,
    PYTHON_HASH = 24,
    PYTHON_STATE = 32, /* strings: kind (0x1c), compact (0x20), ascii (0x40) */
    PYTHON_BYTES = 32, /* bytes: the first one */
};

/* The layout of the interpreter that this object holds. False: a version or build that is not
 * known. */
bool python_layout_of(const struct elf_object *object, struct python_layout *ret_layout);

#endif
