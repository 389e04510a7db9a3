/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "basic/string-util.h"

/* The number of a group that the text of a group(5) file has. Not by getgrnam(3): that loads name service
 * modules, and our own group is made by systemd-sysusers(8), in the file. -ENOENT. */
int group_file_find(const char *text, const char *name, gid_t *ret);
