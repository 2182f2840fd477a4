/* PHP without thread safety (NTS): its frames hang from one global. The same care as with Python.
 */
#ifndef APMSHIM_SHIM_PHP_H
#define APMSHIM_SHIM_PHP_H

#include "interpreter.h"

extern const struct interpreter php_interpreter;

#endif
