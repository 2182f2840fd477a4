/* Lines of text for people: hostile strings made harmless, measured in terminal columns, coloured.
 *
 * Whatever a string holds, what is written of it is well-formed UTF-8 without control characters,
 * escape sequences, invisible characters or changes of direction. Single-threaded. */
#ifndef APMSHIM_EXPORT_CANVAS_H
#define APMSHIM_EXPORT_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"

enum style {
    STYLE_PLAIN,
    STYLE_STRONG,
    STYLE_FAINT,
    STYLE_GOOD,
    STYLE_WARNING,
    STYLE_BAD,
    STYLE_DATABASE,
    STYLE_CALL, /* to another service */
    STYLE_OWN,  /* the service's own work */
    STYLE_KEYWORD,
};

/* Borrows the buffer. column: where the next character goes, from 0. */
struct canvas {
    struct buf *out;
    int width;
    bool color;
    int column;
};

/* Columns that the string takes when written by canvas_text. NULL takes none. */
int text_columns(const char *s);
/* Bytes of the first line of s if it is broken into lines of this many columns: at a space if there
 * is one, which is then part of the line though it may not fit. At least one character. */
size_t text_break(const char *s, size_t n, int columns);

/* Writes at most this many columns of s; U+2026 ends what was longer. Returns columns written. */
int canvas_text(struct canvas *c, enum style style, const char *s, int columns);
/* The same for n bytes that may hold NUL. */
int canvas_bytes(struct canvas *c, enum style style, const char *s, size_t n, int columns);
/* The columns left on the line. */
int canvas_left(const struct canvas *c);
/* Fills with spaces; nothing if it is there already. */
void canvas_to(struct canvas *c, int column);
/* Right-aligned, so that it ends before this column. */
void canvas_right(struct canvas *c, enum style style, const char *s, int column);
/* Ends the line, without spaces behind its text. */
void canvas_newline(struct canvas *c);

/* A duration in at most 8 columns: "84 µs", "3.42 ms", "12.1 s". */
const char *canvas_duration(char text[24], uint64_t ns);

#endif
