/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/digest.h"

/* A digest of a file's contents to which holes cost nothing: sha256 over its extents of blocks that are
 * not all zero, each as offset, data, length. Whether zeros are stored or are a hole makes no difference. */

#define CONTENT_DIGEST_SIZE 32U

typedef struct ContentDigest ContentDigest;

int content_digest_new(ContentDigest **ret);
ContentDigest *content_digest_free(ContentDigest *d);
DEFINE_POINTER_CLEANUP(ContentDigest *, content_digest_free)

int content_digest_update(ContentDigest *d, const void *data, size_t n);
/* The same as n zero bytes. */
int content_digest_skip(ContentDigest *d, uint64_t n);
/* Begins anew after it. */
int content_digest_final(ContentDigest *d, uint8_t ret[CONTENT_DIGEST_SIZE]);
/* The whole of a regular file, from its beginning. buffer: to work with. */
int content_digest_file(ContentDigest *d, int fd, void *buffer, size_t n, uint8_t ret[CONTENT_DIGEST_SIZE]);
