/* The same with the other name: putc_unlocked(). */
#include <stdio.h>

#undef putc_unlocked
#define fputc_unlocked putc_unlocked
#include "fputc_unlocked.c"
