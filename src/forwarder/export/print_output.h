/* Where readable traces are written: a terminal, a file, a FIFO, standard output.
 *
 * Each text is handed to the kernel in one write. Nobody is waited for but by
 * print_output_drain: what a FIFO without reader or with a slow one does not take at once is kept
 * for later, up to a limit, and then lost and counted. Standard output is the exception: it is
 * written to as by any program. Single-threaded. */
#ifndef APMSHIM_EXPORT_PRINT_OUTPUT_H
#define APMSHIM_EXPORT_PRINT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include "export/waterfall.h"
#include "options.h"

/* Of a terminal; without colours where NO_COLOR is set (no-color.org). All-zero for anything else.
 */
struct look terminal_look(int fd);
/* The same unless options say otherwise. */
struct look print_look(const struct options *options, int fd);

struct print_output;

/* What can't be opened is logged, and tried again. */
struct print_output *print_output_open(const struct options *options);
/* How it wants its text; asked anew for each, as terminals change. */
struct look print_output_look(const struct print_output *output);
void print_output_write(struct print_output *output, const char *text, size_t len);
/* Writes on with what was kept, for at most limit_ms. */
void print_output_drain(struct print_output *output, unsigned limit_ms);
void print_output_close(struct print_output *output);

#endif
