/* Running a command while its finished traces are shown. */
#ifndef APMSHIM_CLI_PRINTING_H
#define APMSHIM_CLI_PRINTING_H

/* Runs the command as a child that forwards to us, copies what comes to the descriptor `out`, and
 * ends as the command ended: returns its exit status, or dies by the same signal. */
int printing_run(char **command, int out);

#endif
