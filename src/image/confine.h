/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "basic/diag.h"

/* How a helper program that reads foreign bytes gives up everything it does not need, before it reads the
 * first of them: identity, capabilities, file system, system calls. One way: none of it can be taken back. */

typedef struct Confine {
        bool network;               /* may make sockets */
        bool exec;                  /* may execute what is below /usr and make child processes */
        /* NULL-terminated paths to read besides the system's own; those not there are skipped */
        const char *const *readable;
        const char *writable;       /* a directory it may write below, or NULL: nowhere */
        uint64_t max_file_bytes;    /* of any file it writes */
} Confine;

/* Whom confine_process() will make of this process: root becomes rkt-fetch or nobody, others stay who they
 * are. */
void confine_identity(uid_t *ret_uid, gid_t *ret_gid);
/* Runs the steps in order; fails closed. The file system step (Landlock) is skipped where the kernel has
 * none: the other steps leave little of it anyway. */
int confine_process(const Confine *c, Diag *diag);
