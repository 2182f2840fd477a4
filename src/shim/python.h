/* CPython. Its frames are read without the GIL; every page is probed before it is read the first
 * time, and what is not as expected costs the Python frames, not the service. */
#ifndef APMSHIM_SHIM_PYTHON_H
#define APMSHIM_SHIM_PYTHON_H

#include "interpreter.h"

extern const struct interpreter python_interpreter;

#endif
