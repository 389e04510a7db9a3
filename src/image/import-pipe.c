/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <unistd.h>

#include "basic/fd-util.h"
#include "image/decompress.h"
#include "image/import-pipe.h"
#include "image/ring.h"

/* Three threads and a ring between them. The first to fail cancels the ring, which ends the others with
 * -ECANCELED; its failure is the one that is reported. */

#define READ_SIZE (256U * 1024)
#define STACK_SIZE (256U * 1024)
#define N_WORKERS 2U

enum {
        READER_DIGEST,
        READER_CONSUMER,
        _READERS,
};

typedef struct Worker {
        pthread_t thread;
        const ImportPipe *pipe;
        Ring *ring;
        ImportPipeResult *result;
        int error;
        Diag diag;
} Worker;

struct PipeSource {
        Ring *ring;
        bool holding; /* a block since the last read */
};

int pipe_source_read(PipeSource *s, const void **ret, size_t *ret_size) {
        RingBlock b;
        int r;

        if (s->holding)
                ring_read_end(s->ring, READER_CONSUMER);
        s->holding = false;

        r = ring_read_begin(s->ring, READER_CONSUMER, &b);
        if (r <= 0)
                return r;

        s->holding = true;
        *ret = b.data;
        *ret_size = b.size;
        return 1;
}

/* Fills what there is of one buffer: at the beginning of a pipe a read may give a single byte, and the
 * choice of the decompressor needs some more. */
static int read_some(int fd, uint8_t *buffer, size_t min, size_t *ret) {
        size_t n = 0;

        while (n < min) {
                ssize_t k = read(fd, buffer + n, READ_SIZE - n);

                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return -errno;
                if (k == 0)
                        break;
                n += (size_t) k;
        }

        *ret = n;
        return 0;
}

/* Where the decompressor's output goes: the block of the ring that is being filled. */
typedef struct Output {
        Worker *worker;
        RingBlock block; /* data NULL: none begun */
        size_t used;
} Output;

static int output_flush(Output *o, Diag *diag) {
        Worker *w = o->worker;

        if (o->used == 0)
                return 0;

        w->result->out_bytes += o->used;
        if (w->result->out_bytes > w->pipe->max_bytes)
                return diag_set(diag, -EFBIG, "the archive is larger than %llu bytes",
                                (unsigned long long) w->pipe->max_bytes);

        ring_write_end(w->ring, o->used);
        *o = (Output) { .worker = w };
        return 0;
}

/* Returns when all input is used and all that it gives is put out. */
static int inflate_input(Decompressor *d, Output *o, const uint8_t *data, size_t size, Diag *diag) {
        DecompressBuffers b = { .in = data, .n_in = size };
        int r;

        do {
                if (!o->block.data) {
                        r = ring_write_begin(o->worker->ring, &o->block);
                        if (r < 0)
                                return r;
                }

                b.out = o->block.data + o->used;
                b.n_out = o->block.size - o->used;
                r = decompressor_step(d, &b, diag);
                if (r < 0)
                        return r;

                o->used = o->block.size - b.n_out;
                if (b.n_out == 0) {
                        r = output_flush(o, diag);
                        if (r < 0)
                                return r;
                        continue;
                }
        } while (b.n_in > 0 || b.n_out == 0);

        return 0;
}

static int inflate_all(Worker *w, uint8_t *buffer, Diag *diag) {
        _cleanup_(decompressor_freep) Decompressor *d = NULL;
        Output o = { .worker = w };
        size_t n = 0;
        int r;

        for (;;) {
                r = read_some(w->pipe->source_fd, buffer, d ? 1 : DECOMPRESS_MAGIC_MAX, &n);
                if (r < 0)
                        return diag_errno(diag, r, "cannot read the archive");
                if (n == 0)
                        break;
                w->result->in_bytes += n;

                if (w->pipe->copy_fd >= 0) {
                        r = fd_write_all(w->pipe->copy_fd, buffer, n);
                        if (r < 0)
                                return diag_errno(diag, r, "cannot store the archive");
                }

                if (!d) {
                        r = decompressor_new(buffer, n, &d);
                        if (r < 0)
                                return r;
                }

                r = inflate_input(d, &o, buffer, n, diag);
                if (r < 0)
                        return r;
        }

        if (!d)
                return diag_set(diag, -EBADMSG, "the archive is empty");

        r = decompressor_finish(d, diag);
        return r < 0 ? r : output_flush(&o, diag);
}

static void worker_failed(Worker *w, int error) {
        w->error = ring_cancel(w->ring) ? error : -ECANCELED;
}

static void *inflate_thread(void *userdata) {
        Worker *w = userdata;
        uint8_t *buffer = malloc(READ_SIZE);
        int r;

        r = buffer ? inflate_all(w, buffer, &w->diag) : -ENOMEM;
        if (r < 0)
                worker_failed(w, r);
        else
                ring_write_close(w->ring);

        free(buffer);
        return NULL;
}

static int digest_all(Worker *w) {
        _cleanup_(digest_freep) Digest *d = NULL;
        int r;

        r = digest_new(DIGEST_SHA512, &d);
        if (r < 0)
                return r;

        for (;;) {
                RingBlock b;

                r = ring_read_begin(w->ring, READER_DIGEST, &b);
                if (r < 0)
                        return r;
                if (r == 0)
                        return digest_final_hex(d, w->result->digest);

                r = digest_update(d, b.data, b.size);
                ring_read_end(w->ring, READER_DIGEST);
                if (r < 0)
                        return r;
        }
}

static void *digest_thread(void *userdata) {
        Worker *w = userdata;
        int r;

        r = digest_all(w);
        if (r < 0)
                worker_failed(w, r);

        return NULL;
}

static int worker_start(Worker *w, void *(*f)(void *userdata)) {
        pthread_attr_t attr;
        int r;

        r = pthread_attr_init(&attr);
        if (r != 0)
                return -r;

        (void) pthread_attr_setstacksize(&attr, STACK_SIZE);
        r = pthread_create(&w->thread, &attr, f, w);
        (void) pthread_attr_destroy(&attr);
        return -r;
}

/* -ECANCELED: it was somebody else's failure that ended it. */
static int worker_join(Worker *w, Diag *diag) {
        (void) pthread_join(w->thread, NULL);
        if (w->error >= 0 || w->error == -ECANCELED)
                return w->error;

        if (diag_is_set(&w->diag))
                return diag_set(diag, w->error, "%s", w->diag.message);

        return diag_errno(diag, w->error, "cannot read the archive");
}

int import_pipe_run(const ImportPipe *p, ImportPipeResult *ret, Diag *diag) {
        PipeSource source = {};
        Worker *w;
        int r, k;

        /* Outlive a failure, as the threads do. */
        w = calloc(N_WORKERS, sizeof(Worker));
        if (!w)
                return -ENOMEM;

        r = ring_new(_READERS, &source.ring);
        if (r < 0)
                return r;

        *ret = (ImportPipeResult) {};
        for (size_t i = 0; i < N_WORKERS; i++)
                w[i] = (Worker) { .pipe = p, .ring = source.ring, .result = ret };

        r = worker_start(&w[0], inflate_thread);
        if (r >= 0)
                r = worker_start(&w[1], digest_thread);
        if (r < 0)
                return diag_errno(diag, r, "cannot start a thread");

        r = p->consume(&source, p->userdata, diag);
        if (r < 0 && ring_cancel(source.ring))
                return r;

        /* The consumer saw the end, or a cancelled ring: both threads are past their last wait. */
        for (size_t i = 0; i < N_WORKERS; i++) {
                k = worker_join(&w[i], diag);
                if (k < 0 && (r >= 0 || r == -ECANCELED))
                        r = k;
        }
        if (r < 0)
                return r;

        ring_free(source.ring);
        free(w);
        return 0;
}
