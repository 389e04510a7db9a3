/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "stage1/plan.h"

/* What "enter" and the reaper have to know about an app that its processes do not show: they may have
 * changed their user and environment since, or be gone. One file an app in STAGE1_STARTED_DIR. */

typedef struct EnterNotes {
        uid_t uid;
        gid_t gid;
        gid_t *groups;
        size_t n_groups;
        uint64_t capabilities;
        bool no_new_privileges;
        char *program;
        char *working_directory;
        char **environment;
} EnterNotes;

void enter_notes_done(EnterNotes *n);
int enter_notes_write(const AppPlan *a, int stage1_fd, Diag *diag);
/* -ENOENT: no such app; -EBADMSG. */
int enter_notes_read(int stage1_fd, const char *app_name, EnterNotes *ret, Diag *diag);
int enter_notes_parse(const char *text, size_t size, EnterNotes *ret); /* -EBADMSG */
