/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/fd-util.h"
#include "basic/log.h"
#include "layout/exit-code.h"
#include "image/import-confine.h"
#include "image/import-pipe.h"
#include "image/import-protocol.h"
#include "image/tree-checksum.h"
#include "image/unpack.h"

/* rkt-import, the helper that reads archives. It is started by rkt with fds for all that it works on,
 * confines itself to them (import-confine.c), does one thing and says on its status pipe how that ended.
 * Until then nothing of what it made is visible to anybody. */

typedef struct Import {
        const ImportArgs *args;
        UnpackResult unpacked;
        unsigned n_warnings;
} Import;

static int send_manifest(const char *text, size_t size, void *userdata) {
        Import *i = userdata;

        return import_message_send(i->args->status_fd, IMPORT_MESSAGE_MANIFEST, text, size);
}

static void send_warning(const char *text, void *userdata) {
        Import *i = userdata;

        if (i->n_warnings++ < IMPORT_WARNINGS_MAX)
                (void) import_message_send(i->args->status_fd, IMPORT_MESSAGE_WARNING, text,
                                           MIN(strlen(text), (size_t) IMPORT_TEXT_MAX));
}

static int read_source(void *userdata, const void **ret, size_t *ret_size) {
        return pipe_source_read(userdata, ret, ret_size);
}

static int consume_unpack(PipeSource *s, void *userdata, Diag *diag) {
        Import *i = userdata;
        const UnpackArgs a = {
                .dir_fd = i->args->dir_fd,
                .max_bytes = i->args->max_bytes,
                .max_entries = i->args->max_entries,
                .on_manifest = send_manifest,
                .on_warning = send_warning,
                .userdata = i,
        };

        return unpack_aci(read_source, s, &a, &i->unpacked, diag);
}

static int open_rootfs(const ImportArgs *a, Diag *diag) {
        int fd = openat(a->dir_fd, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (fd < 0)
                return diag_errno(diag, errno == ENOENT || errno == ENOTDIR ? -EBADMSG : -errno,
                                  "cannot open the rootfs");
        return fd;
}

static int do_extract(Import *i, ImportResult *ret, Diag *diag) {
        const ImportPipe pipe = {
                .source_fd = i->args->source_fd,
                .copy_fd = i->args->output_fd,
                .max_bytes = i->args->max_bytes,
                .consume = consume_unpack,
                .userdata = i,
        };
        _cleanup_close_ int rootfs_fd = -EBADF;
        ImportPipeResult passed;
        TreeChecksum sum = {};
        int r;

        r = import_pipe_run(&pipe, &passed, diag);
        if (r < 0)
                return r;

        rootfs_fd = open_rootfs(i->args, diag);
        if (rootfs_fd < 0)
                return rootfs_fd;

        sum.contents = i->unpacked.contents;
        sum.no_xattrs = !i->unpacked.has_xattrs;
        r = tree_checksum(rootfs_fd, &sum, diag);
        if (r < 0)
                return r;

        memcpy(ret->digest, passed.digest, sizeof(ret->digest));
        memcpy(ret->checksum, sum.hex, sizeof(ret->checksum));
        ret->blob_bytes = passed.in_bytes;
        ret->archive_bytes = passed.out_bytes;
        ret->tree_bytes = sum.bytes;
        ret->entries = i->unpacked.entries;
        return 0;
}

static int consume_write(PipeSource *s, void *userdata, Diag *diag) {
        Import *i = userdata;
        const void *data;
        size_t size;
        int r, k;

        while ((r = pipe_source_read(s, &data, &size)) > 0) {
                k = fd_write_all(i->args->output_fd, data, size);
                if (k < 0)
                        return diag_errno(diag, k, "cannot write the archive");
        }

        return r;
}

static int do_export(Import *i, ImportResult *ret, Diag *diag) {
        const ImportPipe pipe = {
                .source_fd = i->args->source_fd,
                .copy_fd = -EBADF,
                .max_bytes = i->args->max_bytes,
                .consume = consume_write,
                .userdata = i,
        };
        ImportPipeResult passed;
        int r;

        r = import_pipe_run(&pipe, &passed, diag);
        if (r < 0)
                return r;

        memcpy(ret->digest, passed.digest, sizeof(ret->digest));
        ret->blob_bytes = passed.in_bytes;
        ret->archive_bytes = passed.out_bytes;
        return 0;
}

static int do_verify(Import *i, ImportResult *ret, Diag *diag) {
        _cleanup_close_ int rootfs_fd = -EBADF;
        TreeChecksum sum = {};
        int r;

        rootfs_fd = open_rootfs(i->args, diag);
        if (rootfs_fd < 0)
                return rootfs_fd;

        r = tree_checksum(rootfs_fd, &sum, diag);
        if (r < 0)
                return r;

        memcpy(ret->checksum, sum.hex, sizeof(ret->checksum));
        ret->tree_bytes = sum.bytes;
        ret->entries = sum.entries;
        return 0;
}

static int (*const modes[_IMPORT_MODE_MAX])(Import *i, ImportResult *ret, Diag *diag) = {
        [IMPORT_EXTRACT] = do_extract,
        [IMPORT_EXPORT] = do_export,
        [IMPORT_VERIFY] = do_verify,
};

static int run(const ImportArgs *a, Diag *diag) {
        const ImportConfine confine = { .root_fd = a->dir_fd, .max_file_bytes = a->max_bytes };
        Import i = { .args = a };
        ImportResult result = {};
        int r;

        r = import_confine(&confine, diag);
        if (r < 0)
                return diag_wrap(diag, r, "cannot confine " IMPORT_HELPER);

        r = modes[a->mode](&i, &result, diag);
        if (r < 0)
                return r;

        unpack_result_done(&i.unpacked);
        return import_message_send(a->status_fd, IMPORT_MESSAGE_RESULT, &result, sizeof(result));
}

static void send_error(int fd, int error, const Diag *diag) {
        _cleanup_free_ char *text = diag_is_set(diag) ? diag_format_line(diag) : NULL;
        const char *words = text ?: strerror(-error);
        size_t n = MIN(strlen(words), (size_t) IMPORT_TEXT_MAX);
        _cleanup_free_ ImportError *e = calloc(1, sizeof(ImportError) + n);

        if (!e)
                return;

        e->error = error;
        memcpy(e->text, words, n);
        (void) import_message_send(fd, IMPORT_MESSAGE_ERROR, e, sizeof(ImportError) + n);
}

int main(int argc, char *argv[]) {
        ImportArgs a;
        Diag diag = {};
        int r;

        log_setup(IMPORT_HELPER, /* debug= */ false);

        r = import_args_parse(argc, argv, &a);
        if (r < 0) {
                log_error("this program is started by rkt");
                return EXIT_RKT_FAILURE;
        }

        /* Over a size limit or into a closed pipe is an error to tell of, not to die from. */
        (void) signal(SIGXFSZ, SIG_IGN);
        (void) signal(SIGPIPE, SIG_IGN);
        (void) umask(0);

        r = run(&a, &diag);
        if (r < 0)
                send_error(a.status_fd, r, &diag);

        /* Not exit(): after a failure threads may still run, and none of them is waited for. */
        _exit(r < 0 ? EXIT_RKT_FAILURE : EXIT_RKT_OK);
}
