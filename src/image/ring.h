/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "basic/cleanup.h"

/* A ring of blocks between threads: one writer, and readers each of which sees all blocks in order. Memory is
 * bounded by its size: the writer waits for the slowest reader. */

typedef struct Ring Ring;

#define RING_READERS_MAX 2U

typedef struct RingBlock {
        uint8_t *data;
        size_t size;
} RingBlock;

int ring_new(unsigned n_readers, Ring **ret);
Ring *ring_free(Ring *r);
DEFINE_POINTER_CLEANUP(Ring *, ring_free)

/* A free block of the full size to fill; then how much of it was filled. -ECANCELED: somebody gave up. */
int ring_write_begin(Ring *r, RingBlock *ret);
void ring_write_end(Ring *r, size_t size);
/* No block will follow. */
void ring_write_close(Ring *r);

/* 1: the next block, valid until ring_read_end(); 0: there is none; -ECANCELED. */
int ring_read_begin(Ring *r, unsigned reader, RingBlock *ret);
void ring_read_end(Ring *r, unsigned reader);

/* Wakes everybody up with -ECANCELED. True for the first who does it: the failure to report is his. */
bool ring_cancel(Ring *r);
