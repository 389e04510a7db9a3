/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include "basic/diag.h"

/* The system call filters of another process, to be put on this one. */

typedef struct FilterList {
        struct sock_fprog *items; /* newest first */
        size_t n;
} FilterList;

void filter_list_done(FilterList *l);

/* Reads them, for which the process is stopped for a moment. -ETIMEDOUT: it cannot be stopped; -EPERM: the
 * kernel does not let us (ptrace restricted, or no CONFIG_CHECKPOINT_RESTORE). */
int filter_list_read(pid_t pid, FilterList *ret, Diag *diag);

/* Puts them on this process, oldest first, as they came about. Needs CAP_SYS_ADMIN or no-new-privileges.
 * What the calling process may do afterwards is what the filters allow. */
int filter_list_install(const FilterList *l);
