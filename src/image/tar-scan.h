/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "basic/diag.h"

/* A second opinion on a tar stream: where its members begin, and that their headers say one thing only.
 * Tar has grown several ways to give an entry's name and size, and readers differ in which they believe;
 * an archive in which that matters shows other contents to a reviewer than to us. Such archives are
 * refused. */

typedef struct TarScan TarScan;

int tar_scan_new(TarScan **ret);
TarScan *tar_scan_free(TarScan *s);
DEFINE_POINTER_CLEANUP(TarScan *, tar_scan_free)

/* The next bytes of the stream. -EBADMSG with diag. */
int tar_scan_feed(TarScan *s, const void *data, size_t n, Diag *diag);
/* The other reader saw the next member (its headers, if it has several) begin at the offset, or saw the
 * end of the archive there. -EBADMSG with diag: not so. */
int tar_scan_check(TarScan *s, uint64_t offset, Diag *diag);
