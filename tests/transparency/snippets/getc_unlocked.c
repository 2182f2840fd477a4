/* The same with the other name: getc_unlocked(). */
#include <stdio.h>

#undef getc_unlocked
#define fgetc_unlocked getc_unlocked
#include "fgetc_unlocked.c"
