/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <stdio.h>

/* "Downloading ACI: [=====        ] 3.25 MB/3.7 MB", 80 columns wide, as rkt draws it. total in bytes,
 * UINT64_MAX: unknown. NULL: out of memory. */
char *progress_format(const char *label, uint64_t now, uint64_t total);
/* "3.25 MB": three digits, powers of 1000. NULL: out of memory. */
char *progress_format_bytes(uint64_t bytes);

/* Draws it for FetchArgs.progress: over the same line again and again on a terminal, else once, at the
 * end. */
void progress_draw(FILE *f, const char *label, uint64_t now, uint64_t total);
