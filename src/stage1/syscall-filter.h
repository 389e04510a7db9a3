/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "appc/isolators.h"

/* An app's system call filter as systemd's SystemCallFilter= takes it. */

typedef enum SyscallMode {
        SYSCALL_UNFILTERED,
        SYSCALL_ALLOW, /* only these */
        SYSCALL_DENY,  /* all but these */
} SyscallMode;

typedef struct SyscallFilter {
        SyscallMode mode;
        char **calls;     /* names, and sets of systemd's ("@mount") */
        char *errno_name; /* what a refused call returns */
} SyscallFilter;

void syscall_filter_done(SyscallFilter *f);

/* The filter that an image's isolators ask for, by rkt's rules; without them "@rkt/default-whitelist".
 * -EBADMSG: an unknown set, or a name or errno that cannot be one. */
int syscall_filter_from_isolators(const IsolatorList *l, SyscallFilter *ret, Diag *diag);

/* Appends SystemCallFilter=, SystemCallErrorNumber= and SystemCallArchitectures=; nothing if unfiltered. */
int syscall_filter_write(const SyscallFilter *f, StringBuf *out);
