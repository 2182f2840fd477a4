/* The same with the other name. */
#include "../snippet.h"

#define preadv2(...) preadv64v2(__VA_ARGS__)
#include "preadv2.c"
