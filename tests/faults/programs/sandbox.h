/* Seccomp filters as services install them on themselves. Each ends the program if it can't be had.
 */
#ifndef FAULTS_SANDBOX_H
#define FAULTS_SANDBOX_H

void sandbox_refuse_memory_files(void); /* memfd_create: EPERM */
void sandbox_refuse_programs(void);     /* execve, execveat: EPERM */
/* fork, vfork, clone but for threads, execve, memfd_create, open: the process is killed. */
void sandbox_kill_on_new_processes(void);
/* The process is killed for all but what OpenSSH's sandbox-seccomp-filter.c lets pass. */
void sandbox_read_and_write_only(void);

#endif
