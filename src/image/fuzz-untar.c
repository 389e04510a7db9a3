/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/fs-util.h"
#include "image/tree-checksum.h"
#include "image/unpack.h"

/* The archive applier on memory. Not chrooted here: what keeps it in its directory is openat2() alone, and
 * a canary beside the directory must stay as it is. The first byte of the input says in which pieces the
 * rest arrives. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BYTES_MAX (1U << 20)
#define ENTRIES_MAX 200U

typedef struct Source {
        const uint8_t *data;
        size_t size, piece;
} Source;

static char work_dir[] = "/tmp/fuzz-untar.XXXXXX";
static int work_fd = -EBADF;

static void remove_work_dir(void) {
        (void) rm_rf_at(AT_FDCWD, work_dir);
}

static void make_work_dir(void) {
        int fd;

        assert(mkdtemp(work_dir));
        (void) atexit(remove_work_dir);
        work_fd = open(work_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert(work_fd >= 0);
        fd = openat(work_fd, "canary", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert(fd >= 0);
        close(fd);
}

static int read_source(void *userdata, const void **ret, size_t *ret_size) {
        Source *s = userdata;
        size_t n = MIN(s->size, s->piece);

        *ret = s->data;
        *ret_size = n;
        s->data += n;
        s->size -= n;
        return n > 0;
}

static void check_outside(void) {
        struct stat st;

        assert(fstatat(work_fd, "canary", &st, AT_SYMLINK_NOFOLLOW) >= 0);
        assert(st.st_mode == (S_IFREG | 0600) && st.st_size == 0 && st.st_nlink == 1);
        assert(fstat(work_fd, &st) >= 0 && st.st_nlink == 3);
}

/* What the pass noted of the files must be what is there. */
static void check_checksum(int dir_fd, const UnpackResult *result) {
        TreeChecksum noted = { .contents = result->contents, .no_xattrs = !result->has_xattrs }, found = {};
        _cleanup_close_ int fd = openat(dir_fd, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        assert(fd >= 0);
        assert(tree_checksum(fd, &noted, NULL) >= 0);
        assert(tree_checksum(fd, &found, NULL) >= 0);
        assert(strcmp(noted.hex, found.hex) == 0);
        assert(noted.bytes <= BYTES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(unpack_result_done) UnpackResult result = {};
        _cleanup_diag_ Diag diag = {};
        _cleanup_close_ int dir_fd = -EBADF;

        if (size < 1)
                return 0;
        if (work_fd < 0)
                make_work_dir();

        Source source = { .data = data + 1, .size = size - 1, .piece = 1 + (size_t) data[0] * 64 };
        assert(mkdirat(work_fd, "out", 0700) >= 0);
        dir_fd = openat(work_fd, "out", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert(dir_fd >= 0);

        const UnpackArgs args = { .dir_fd = dir_fd, .max_bytes = BYTES_MAX, .max_entries = ENTRIES_MAX };
        int r = unpack_aci(read_source, &source, &args, &result, &diag);
        if (r >= 0)
                check_checksum(dir_fd, &result);
        else
                assert(diag_is_set(&diag) || r == -ENOMEM);

        check_outside();
        assert(fchdir(work_fd) >= 0);
        assert(rm_rf_at(work_fd, "out") >= 0);
        return 0;
}
