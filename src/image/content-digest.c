/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "image/content-digest.h"

/* The length stands behind the data, since it is not known before; read from the end, the sequence is
 * unambiguous. The last block of a file may be short. Data that does not come in whole blocks waits in a
 * block of its own. */

#define BLOCK_SIZE 4096U

struct ContentDigest {
        Digest *digest;
        uint64_t position;     /* of what went through, in whole blocks */
        uint64_t extent_begin;
        bool in_extent;
        size_t n_pending;      /* below BLOCK_SIZE */
        uint8_t pending[BLOCK_SIZE];
};

int content_digest_new(ContentDigest **ret) {
        _cleanup_(content_digest_freep) ContentDigest *d = NULL;
        int r;

        d = calloc(1, sizeof(ContentDigest));
        if (!d)
                return -ENOMEM;

        r = digest_new(DIGEST_SHA256, &d->digest);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(d);
        return 0;
}

ContentDigest *content_digest_free(ContentDigest *d) {
        if (!d)
                return NULL;

        digest_free(d->digest);
        free(d);
        return NULL;
}

static bool all_zero(const uint8_t *p, size_t n) {
        return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

static int end_extent(ContentDigest *d) {
        uint64_t length = d->position - d->extent_begin;

        if (!d->in_extent)
                return 0;

        d->in_extent = false;
        return digest_update(d->digest, &length, sizeof(length));
}

static int begin_extent(ContentDigest *d) {
        if (d->in_extent)
                return 0;

        d->in_extent = true;
        d->extent_begin = d->position;
        return digest_update(d->digest, &d->position, sizeof(d->position));
}

static int add_zeros(ContentDigest *d, uint64_t n) {
        int r = end_extent(d);

        d->position += n;
        return r;
}

static int add_data(ContentDigest *d, const uint8_t *p, size_t n) {
        int r = begin_extent(d);

        if (r >= 0)
                r = digest_update(d->digest, p, n);
        d->position += n;
        return r;
}

/* n > 0; all but the last block of a file are whole. */
static int add_blocks(ContentDigest *d, const uint8_t *p, size_t n) {
        size_t run = 0; /* bytes from p that are not zero */
        int r;

        while (run < n) {
                size_t size = MIN(n - run, (size_t) BLOCK_SIZE);

                if (!all_zero(p + run, size)) {
                        run += size;
                        continue;
                }

                r = run > 0 ? add_data(d, p, run) : 0;
                if (r >= 0)
                        r = add_zeros(d, size);
                if (r < 0)
                        return r;

                p += run + size;
                n -= run + size;
                run = 0;
        }

        return run > 0 ? add_data(d, p, run) : 0;
}

static int flush_pending(ContentDigest *d) {
        size_t n = d->n_pending;

        d->n_pending = 0;
        return n > 0 ? add_blocks(d, d->pending, n) : 0;
}

int content_digest_update(ContentDigest *d, const void *data, size_t n) {
        const uint8_t *p = data;
        int r;

        if (d->n_pending > 0) {
                size_t k = MIN(n, BLOCK_SIZE - d->n_pending);

                memcpy(d->pending + d->n_pending, p, k);
                d->n_pending += k;
                p += k;
                n -= k;
                if (d->n_pending < BLOCK_SIZE)
                        return 0;

                r = flush_pending(d);
                if (r < 0)
                        return r;
        }

        size_t whole = n - n % BLOCK_SIZE;
        r = whole > 0 ? add_blocks(d, p, whole) : 0;
        if (r < 0)
                return r;

        d->n_pending = n - whole;
        memcpy(d->pending, p + whole, d->n_pending);
        return 0;
}

int content_digest_skip(ContentDigest *d, uint64_t n) {
        static const uint8_t zeros[BLOCK_SIZE];
        uint64_t whole;
        int r;

        if (d->n_pending > 0) {
                size_t k = (size_t) MIN(n, (uint64_t) (BLOCK_SIZE - d->n_pending));

                r = content_digest_update(d, zeros, k);
                if (r < 0)
                        return r;
                n -= k;
        }

        whole = n - n % BLOCK_SIZE;
        if (whole > 0) {
                r = add_zeros(d, whole);
                if (r < 0)
                        return r;
        }

        return content_digest_update(d, zeros, (size_t) (n - whole));
}

int content_digest_final(ContentDigest *d, uint8_t ret[CONTENT_DIGEST_SIZE]) {
        uint8_t bytes[DIGEST_MAX_BYTES];
        size_t size;
        int r;

        r = flush_pending(d);
        if (r >= 0)
                r = end_extent(d);
        if (r >= 0)
                r = digest_final(d->digest, bytes, &size);
        if (r < 0)
                return r;

        d->position = 0;
        memcpy(ret, bytes, CONTENT_DIGEST_SIZE);
        return 0;
}

/* From where the file stands up to end, or its end if that is nearer. */
static int read_up_to(ContentDigest *d, int fd, void *buffer, size_t n, off_t end) {
        off_t position = lseek(fd, 0, SEEK_CUR);
        int r;

        while (position < end) {
                ssize_t k = read(fd, buffer, (size_t) MIN((off_t) n, end - position));

                if (k < 0 && errno == EINTR)
                        continue;
                if (k <= 0)
                        return k < 0 ? -errno : -EIO;

                r = content_digest_update(d, buffer, (size_t) k);
                if (r < 0)
                        return r;
                position += k;
        }

        return 0;
}

int content_digest_file(ContentDigest *d, int fd, void *buffer, size_t n, uint8_t ret[CONTENT_DIGEST_SIZE]) {
        off_t position = 0, data, hole;
        int r;

        /* ENXIO: nothing but a hole from here on; it counts for nothing. */
        while ((data = lseek(fd, position, SEEK_DATA)) >= 0) {
                hole = lseek(fd, data, SEEK_HOLE);
                if (hole < 0 || lseek(fd, data, SEEK_SET) < 0)
                        return -errno;

                r = content_digest_skip(d, (uint64_t) (data - position));
                if (r >= 0)
                        r = read_up_to(d, fd, buffer, n, hole);
                if (r < 0)
                        return r;
                position = hole;
        }

        return errno == ENXIO ? content_digest_final(d, ret) : -errno;
}
