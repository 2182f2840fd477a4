/* The same with the other name. */
#include "../snippet_stdio.h"

#include <stdarg.h>

int __vprintf_chk(int, const char *, va_list);

#define vprintf(...) __vprintf_chk(1, __VA_ARGS__)
#include "vprintf.c"
