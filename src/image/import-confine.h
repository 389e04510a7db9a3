/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "basic/diag.h"

/* Gives up all that unpacking does not need: everything outside the directory, every capability but those for
 * other users' files, network, processes, all other system calls. Before the first foreign byte is read, and
 * before there are threads. */

typedef struct ImportConfine {
        int root_fd;             /* becomes the root; fds of other directories must not be open */
        uint64_t max_file_bytes;
} ImportConfine;

int import_confine(const ImportConfine *c, Diag *diag);
