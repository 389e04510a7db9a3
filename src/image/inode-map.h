/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "basic/cleanup.h"

/* Inode number → a few bytes, for one file system. Insert and look up only. */

typedef struct InodeMap InodeMap;

int inode_map_new(InodeMap **ret);
InodeMap *inode_map_free(InodeMap *m);
DEFINE_POINTER_CLEANUP(InodeMap *, inode_map_free)
/* Copies the value; replaces an older one. */
int inode_map_put(InodeMap *m, ino_t ino, const void *value, size_t size);
/* NULL: not there. */
const void *inode_map_get(const InodeMap *m, ino_t ino);
