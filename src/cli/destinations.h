/* Where the forwarder is to write, tried before the service starts: later only a log could say that
 * it fails. */
#ifndef APMSHIM_CLI_DESTINATIONS_H
#define APMSHIM_CLI_DESTINATIONS_H

/* Complains of each file and folder that the environment names and that cannot be written. */
void destinations_try(void);

#endif
