/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/digest.h"
#include "basic/diag.h"
#include "image/content-digest.h"
#include "image/inode-map.h"

/* A checksum over a rendered rootfs: sha256 over its entries in the order of a depth-first walk with names
 * sorted bytewise, each with its path, type, mode, owner, size, link target, extended attributes and the
 * sha256 of its contents. Times are not in it, nor are attributes that an image can't have (labels of the
 * host). */

typedef struct TreeChecksum {
        const InodeMap *contents; /* content digest of each regular file, by inode; NULL: read them */
        bool no_xattrs;           /* there are none: saves asking */

        char hex[DIGEST_HEX_MAX];
        uint64_t bytes;           /* of regular files, hard links counted once */
        uint64_t entries;
} TreeChecksum;

/* The walk changes the current directory. */
int tree_checksum(int rootfs_fd, TreeChecksum *c, Diag *diag);
