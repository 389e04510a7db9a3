/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "basic/fd-util.h"

#define READ_CHUNK ((size_t) 16 * 1024)
#define COPY_CHUNK ((size_t) 128 * 1024)
/* How much one copy_file_range() may be asked for: below the kernel's own limit, so that it is
 * interruptible. */
#define COPY_RANGE_CHUNK ((uint64_t) 1 << 30)

int fd_read_exact(int fd, void *buf, size_t n) {
        uint8_t *p = buf;

        while (n > 0) {
                ssize_t k = read(fd, p, n);
                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return -errno;
                if (k == 0)
                        return -EIO;
                p += k;
                n -= k;
        }
        return 0;
}

int fd_write_all(int fd, const void *buf, size_t n) {
        const uint8_t *p = buf;

        while (n > 0) {
                ssize_t k = write(fd, p, n);
                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return -errno;
                p += k;
                n -= k;
        }
        return 0;
}

/* read() into buf until it is full or the file ends; returns the number of bytes. */
static ssize_t read_some(int fd, char *buf, size_t n) {
        size_t done = 0;

        while (done < n) {
                ssize_t k = read(fd, buf + done, n - done);
                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return -errno;
                if (k == 0)
                        break;
                done += k;
        }
        return done;
}

int fd_read_all(int fd, size_t max, char **ret, size_t *ret_size) {
        struct stat st;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISREG(st.st_mode) && (uint64_t) st.st_size > max)
                return -EFBIG;

        /* The size is a hint only: files in /proc say 0, others may grow. One byte more than the hint
         * finds the end without a second round. */
        size_t allocated = READ_CHUNK, size = 0;
        if (S_ISREG(st.st_mode) && st.st_size > 0)
                allocated = (size_t) st.st_size + 2;

        _cleanup_free_ char *buf = NULL;
        for (;;) {
                char *larger = realloc(buf, allocated);
                if (!larger)
                        return -ENOMEM;
                buf = larger;

                ssize_t k = read_some(fd, buf + size, allocated - size - 1);
                if (k < 0)
                        return k;
                size += k;
                if (size > max)
                        return -EFBIG;
                if (size < allocated - 1)
                        break;
                if (__builtin_mul_overflow(allocated, 2, &allocated))
                        return -ENOMEM;
        }
        buf[size] = '\0';

        *ret = TAKE_PTR(buf);
        if (ret_size)
                *ret_size = size;
        return 0;
}

int file_read_at(int dir_fd, const char *path, size_t max, char **ret, size_t *ret_size) {
        /* O_NONBLOCK: a FIFO put there must not hang us; it is refused below. */
        _cleanup_close_ int fd = openat(dir_fd, path,
                                       O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return -errno;

        int r = fd_is_regular(fd);
        if (r < 0)
                return r;

        return fd_read_all(fd, max, ret, ret_size);
}

/* Copies in the kernel (which shares extents where the file system can) as long as that works. Returns 1
 * at the end of file, 0 if the rest is to be copied by hand. */
static int copy_by_kernel(int from_fd, int to_fd, uint64_t max, uint64_t *copied) {
        bool any = false;

        for (;;) {
                uint64_t left = max - *copied;
                size_t n = left < COPY_RANGE_CHUNK ? left + 1 : COPY_RANGE_CHUNK;
                ssize_t k = copy_file_range(from_fd, NULL, to_fd, NULL, n, 0);
                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0) {
                        /* Of the errors only these concern the data; the rest say "not for these files". */
                        bool fatal = errno == EIO || errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
                        return fatal ? -errno : 0;
                }
                /* Files of /proc and the like end at once here and only here. */
                if (k == 0)
                        return any;
                any = true;
                *copied += k;
                if (*copied > max)
                        return -EFBIG;
        }
}

static int copy_by_hand(int from_fd, int to_fd, uint64_t max, uint64_t *copied) {
        _cleanup_free_ char *buf = malloc(COPY_CHUNK);
        if (!buf)
                return -ENOMEM;

        for (;;) {
                ssize_t k = read(from_fd, buf, COPY_CHUNK);
                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return -errno;
                if (k == 0)
                        return 0;
                if ((uint64_t) k > max - *copied)
                        return -EFBIG;

                int r = fd_write_all(to_fd, buf, k);
                if (r < 0)
                        return r;
                *copied += k;
        }
}

int fd_copy(int from_fd, int to_fd, uint64_t max, uint64_t *ret_copied) {
        uint64_t copied = 0;

        int r = copy_by_kernel(from_fd, to_fd, max, &copied);
        if (r == 0)
                r = copy_by_hand(from_fd, to_fd, max, &copied);
        if (r < 0)
                return r;

        if (ret_copied)
                *ret_copied = copied;
        return 0;
}

int fd_set_cloexec(int fd, bool cloexec) {
        int flags = fcntl(fd, F_GETFD);
        if (flags < 0)
                return -errno;

        int wanted = cloexec ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC;
        if (wanted != flags && fcntl(fd, F_SETFD, wanted) < 0)
                return -errno;
        return 0;
}

int fd_is_regular(int fd) {
        struct stat st;
        if (fstat(fd, &st) < 0)
                return -errno;

        switch (st.st_mode & S_IFMT) {
        case S_IFREG:
                return 0;
        case S_IFDIR:
                return -EISDIR;
        case S_IFLNK:
                return -ELOOP;
        default:
                return -ENOTSUP;
        }
}

int fd_fix_stdio(void) {
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
                if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
                        continue;
                /* The lowest free number, which is fd as those below it are taken; to be inherited like any
                 * stdio, hence no O_CLOEXEC. */
                if (open("/dev/null", O_RDWR) < 0)
                        return -errno;
        }
        return 0;
}

static int close_range_from_to(unsigned first, unsigned last) {
        return first > last || close_range(first, last, 0) >= 0 ? 0 : -errno;
}

/* Runs in forked children: must not allocate. */
int fd_close_others(const int *except, size_t n_except) {
        unsigned first = STDERR_FILENO + 1;

        for (;;) {
                unsigned next = UINT_MAX;
                for (size_t i = 0; i < n_except; i++)
                        if (except[i] >= 0 && (unsigned) except[i] >= first)
                                next = MIN(next, (unsigned) except[i]);
                if (next == UINT_MAX)
                        return close_range_from_to(first, UINT_MAX);

                int r = close_range_from_to(first, next - 1);
                if (r < 0)
                        return r;
                first = next + 1;
        }
}

int memfd_new_sealed(const char *name, const void *data, size_t size) {
        _cleanup_close_ int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0)
                return -errno;

        int r = fd_write_all(fd, data, size);
        if (r < 0)
                return r;
        if (lseek(fd, 0, SEEK_SET) < 0)
                return -errno;
        if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
                return -errno;

        return TAKE_FD(fd);
}
