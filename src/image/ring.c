/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "image/ring.h"

/* Blocks are numbered; positions only grow. Block n lies in slot n % RING_SLOTS. The writer may fill block
 * n once every reader is past n - RING_SLOTS. At a quarter of a megabyte a block, one lock and one
 * condition for all is nothing beside the work on a block. */

#define RING_SLOTS 8U
#define RING_BLOCK_SIZE (256U * 1024)

struct Ring {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        unsigned n_readers;
        uint64_t written, read[RING_READERS_MAX];
        bool closed, cancelled;
        size_t sizes[RING_SLOTS];
        uint8_t *data;
};

int ring_new(unsigned n_readers, Ring **ret) {
        Ring *r;

        assert(n_readers <= RING_READERS_MAX);

        r = calloc(1, sizeof(Ring));
        if (!r)
                return -ENOMEM;

        r->data = malloc((size_t) RING_SLOTS * RING_BLOCK_SIZE);
        if (!r->data) {
                free(r);
                return -ENOMEM;
        }

        r->n_readers = n_readers;
        (void) pthread_mutex_init(&r->lock, NULL);
        (void) pthread_cond_init(&r->changed, NULL);
        *ret = r;
        return 0;
}

Ring *ring_free(Ring *r) {
        if (!r)
                return NULL;

        (void) pthread_cond_destroy(&r->changed);
        (void) pthread_mutex_destroy(&r->lock);
        free(r->data);
        free(r);
        return NULL;
}

static uint64_t slowest(const Ring *r) {
        uint64_t min = r->written;

        for (unsigned i = 0; i < r->n_readers; i++)
                min = MIN(min, r->read[i]);
        return min;
}

static RingBlock block_at(Ring *r, uint64_t n) {
        size_t slot = n % RING_SLOTS;

        return (RingBlock) { .data = r->data + slot * RING_BLOCK_SIZE, .size = r->sizes[slot] };
}

int ring_write_begin(Ring *r, RingBlock *ret) {
        int e;

        (void) pthread_mutex_lock(&r->lock);
        while (!r->cancelled && r->written - slowest(r) >= RING_SLOTS)
                (void) pthread_cond_wait(&r->changed, &r->lock);

        e = r->cancelled ? -ECANCELED : 0;
        *ret = block_at(r, r->written);
        ret->size = RING_BLOCK_SIZE;
        (void) pthread_mutex_unlock(&r->lock);
        return e;
}

void ring_write_end(Ring *r, size_t size) {
        assert(size <= RING_BLOCK_SIZE);

        (void) pthread_mutex_lock(&r->lock);
        r->sizes[r->written % RING_SLOTS] = size;
        r->written++;
        (void) pthread_cond_broadcast(&r->changed);
        (void) pthread_mutex_unlock(&r->lock);
}

void ring_write_close(Ring *r) {
        (void) pthread_mutex_lock(&r->lock);
        r->closed = true;
        (void) pthread_cond_broadcast(&r->changed);
        (void) pthread_mutex_unlock(&r->lock);
}

int ring_read_begin(Ring *r, unsigned reader, RingBlock *ret) {
        int e;

        assert(reader < r->n_readers);

        (void) pthread_mutex_lock(&r->lock);
        while (!r->cancelled && !r->closed && r->read[reader] == r->written)
                (void) pthread_cond_wait(&r->changed, &r->lock);

        e = r->cancelled ? -ECANCELED : r->read[reader] < r->written;
        *ret = block_at(r, r->read[reader]);
        (void) pthread_mutex_unlock(&r->lock);
        return e;
}

void ring_read_end(Ring *r, unsigned reader) {
        (void) pthread_mutex_lock(&r->lock);
        r->read[reader]++;
        (void) pthread_cond_broadcast(&r->changed);
        (void) pthread_mutex_unlock(&r->lock);
}

bool ring_cancel(Ring *r) {
        bool first;

        (void) pthread_mutex_lock(&r->lock);
        first = !r->cancelled;
        r->cancelled = true;
        (void) pthread_cond_broadcast(&r->changed);
        (void) pthread_mutex_unlock(&r->lock);
        return first;
}
