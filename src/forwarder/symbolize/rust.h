/* Names that Rust's compilers gave to functions, as rustc-demangle shows them without hashes. Input
 * is hostile: time and output are bounded. */
#ifndef APMSHIM_SYMBOLIZE_RUST_H
#define APMSHIM_SYMBOLIZE_RUST_H

/* "_R…", the mangling of Rust's RFC 2603; NULL: it is none. The caller frees it. */
char *rust_demangle(const char *symbol);
/* "_ZN…17h…E", which before it was used by all: C++'s with escapes of its own and a hash. */
char *rust_demangle_legacy(const char *symbol);

#endif
