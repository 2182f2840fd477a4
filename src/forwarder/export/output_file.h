/* Lines appended to a file. */
#ifndef APMSHIM_EXPORT_OUTPUT_FILE_H
#define APMSHIM_EXPORT_OUTPUT_FILE_H

#include <stdbool.h>
#include "export/lines.h"

/* "-" is stdout. False: logged, nothing was opened. A full disk loses whole lines, which are
 * counted in the log. */
bool output_file_open(const char *path, struct line_writer *ret_writer);

#endif
