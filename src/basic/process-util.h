/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "basic/time-util.h"

/* Child processes. */

typedef struct SpawnArgs {
        const char *path;     /* absolute */
        char *const *argv;
        char *const *envp;    /* NULL: only PATH and LANG=C.UTF-8 */
        int stdin_fd, stdout_fd, stderr_fd; /* borrowed; -EBADF: /dev/null, except stderr: inherited */
        const int *keep_fds;  /* array of more fds passed on, same numbers, from 3 up */
        size_t n_keep_fds;
        const char *cwd;      /* NULL: "/" */
} SpawnArgs;

/* Starts it in an otherwise clean state: default signals, no other fd, dies with the parent (PDEATHSIG KILL).
 * Failing to exec is reported here, as a negative errno, not as exit code. Returns the pid. */
int process_spawn(const SpawnArgs *a, pid_t *ret);
/* Exit code 0..255, or 128 + signal. timeout_usec: -ETIMEDOUT, the child goes on. */
int process_wait(pid_t pid, usec_t timeout_usec, int *ret_code);
/* KILLs and reaps. */
void process_kill_wait(pid_t pid);

/* Field of /proc/PID/stat: start time in clock ticks since boot; tells pid reuse apart. -ESRCH. */
int process_start_time(pid_t pid, uint64_t *ret);
/* The only child of pid: -ESRCH: none, -EBUSY: more than one. */
int process_single_child(pid_t pid, pid_t *ret);
int pidfd_open_process(pid_t pid); /* pidfd_open(2) */
/* In a fresh child: be KILLed when the parent (that is, the thread that forked) ends. */
int process_die_with_parent(void);

/* Puts the running process in a known state: umask 0022, stdio fds open, room for 1024 fds, SIGPIPE
 * ignored. The locale is "C", as nobody calls setlocale(). */
void process_init(void);
