/* One option's text as its value. */
#ifndef APMSHIM_OPTIONS_PARSE_H
#define APMSHIM_OPTIONS_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* All of them are false, and leave *ret alone, if the text is not such a value. */
/* "5s", "-1ms", "2m" as ns; a bare number counts in unit_ns. "us" only if granular. */
bool parse_duration(const char *text, int64_t unit_ns, bool granular, int64_t *ret);
/* "768kb" as bytes; b, kb, mb and gb in either case, of 1024 each. */
bool parse_size(const char *text, uint64_t *ret);
bool parse_bool(const char *text, bool *ret); /* exactly "true" or "false" */
bool parse_integer(const char *text, int64_t *ret);
bool parse_number(const char *text, double *ret);
/* The position of text, in either case, in "first|second|third". */
bool parse_choice(const char *text, const char *choices, int *ret);
/* Whether each item of a comma-separated list is a http or https URL. */
bool valid_urls(const char *text);

#endif
