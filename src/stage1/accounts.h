/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "basic/diag.h"

/* Users and groups as an image means them: from its own /etc/passwd and /etc/group, read as foreign text
 * inside its root, never through NSS and never through the host's files. */

#define ACCOUNT_FILE_MAX (1024U * 1024U)

typedef struct Account {
        uid_t uid;
        gid_t gid;
        char *name;  /* of the user, or its number */
        char *home;  /* absolute; "/" if not known */
        char *shell; /* absolute; "/bin/sh" if not known */
} Account;

void account_done(Account *a);

/* user, group: "root", a number, an absolute path (whose owner is meant) or a name. -ESRCH with diag `"x"
 * user not found`: no such name; -ENOENT: no such path. An error is never turned into root. */
int account_resolve(int rootfs_fd, const char *user, const char *group, Account *ret, Diag *diag);

/* The fields of the first whole line of a passwd file (7 fields) or group file (4) that has the name or,
 * with name NULL, the id. ret: strv, the caller's; NULL: there is none. */
int account_line_find(const char *text, size_t n_fields, const char *name, uint32_t id, char ***ret);
