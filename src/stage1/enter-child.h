/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/resource.h>

#include "stage1/app-process.h"
#include "stage1/cgroup.h"
#include "stage1/enter-notes.h"
#include "stage1/enter-pty.h"
#include "stage1/filter-copy.h"

/* The way of a command into an app. What is needed from outside is opened first, in this struct. */

#define ENTER_NAMESPACES 5

typedef struct Enter {
        EnterNotes notes;
        AppProcess app;
        FilterList filters;
        int pid_namespace;
        int namespaces[ENTER_NAMESPACES]; /* the others, in the order of being entered */
        int root;
        int cgroups[CGROUP_HIERARCHIES_MAX];
        size_t n_cgroups;
        struct rlimit limits[RLIM_NLIMITS];
        EnterPty pty;
} Enter;

#define ENTER_NULL                                                                                 \
        (Enter) { .app.pidfd = -EBADF, .pid_namespace = -EBADF, .root = -EBADF,                    \
                  .namespaces = { -EBADF, -EBADF, -EBADF, -EBADF, -EBADF }, .pty = ENTER_PTY_NULL }

void enter_done(Enter *e);

/* Opens the namespaces, root and control groups of e->app, and reads its filters. */
int enter_open(Enter *e, Diag *diag);

/* In a forked child: goes in, gives up all rights that the app does not have, and executes. Returns only on
 * failure, with what failed. */
int enter_child_run(const Enter *e, char *const *command, Diag *diag);
