/* The call stack of a statement: return addresses, written to the ring once and named by a 64-bit
 * id afterwards. */
#ifndef APMSHIM_SHIM_STACK_H
#define APMSHIM_SHIM_STACK_H

#include <stdint.h>

void stack_started(void);
/* In a forked child. */
void stack_forked(void);
/* After dlclose: an address may mean something else now. */
void stack_modules_changed(void);
/* The id of the calling thread's stack, 0: none taken. Between recorder_enter and recorder_leave.
 */
uint64_t stack_capture(void);

#endif
