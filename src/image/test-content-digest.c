/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "basic/fd-util.h"
#include "basic/test.h"
#include "image/content-digest.h"
#include "image/inode-map.h"

#define SIZE 50000U

static ContentDigest *make(void) {
        ContentDigest *d = NULL;

        CHECK_INT(content_digest_new(&d), 0);
        return d;
}

static void digest_pieces(ContentDigest *d, const uint8_t *data, size_t size, size_t piece, uint8_t *ret) {
        for (size_t i = 0; i < size; i += piece)
                CHECK_INT(content_digest_update(d, data + i, MIN(piece, size - i)), 0);
        CHECK_INT(content_digest_final(d, ret), 0);
}

/* Two islands of data, 5000..6000 and 20000..20001, and the rest zero. */
static void fill(uint8_t *data) {
        memset(data, 0, SIZE);
        memset(data + 5000, 'x', 1000);
        data[20000] = 'y';
}

TEST(pieces_make_no_difference) {
        static const size_t pieces[] = { 1, 7, 512, 4095, 4096, 4097, 8192, SIZE };
        _cleanup_(content_digest_freep) ContentDigest *d = make();
        uint8_t data[SIZE], first[CONTENT_DIGEST_SIZE], next[CONTENT_DIGEST_SIZE];

        fill(data);
        digest_pieces(d, data, SIZE, SIZE, first);
        for (size_t i = 0; i < ELEMENTSOF(pieces); i++) {
                digest_pieces(d, data, SIZE, pieces[i], next);
                CHECK(memcmp(first, next, sizeof(first)) == 0);
        }
}

TEST(skipping_is_the_same_as_zeros) {
        _cleanup_(content_digest_freep) ContentDigest *d = make();
        uint8_t data[SIZE], stored[CONTENT_DIGEST_SIZE], skipped[CONTENT_DIGEST_SIZE];

        fill(data);
        digest_pieces(d, data, SIZE, SIZE, stored);
        CHECK_INT(content_digest_skip(d, 5000), 0);
        CHECK_INT(content_digest_update(d, data + 5000, 1000), 0);
        CHECK_INT(content_digest_skip(d, 1), 0);
        CHECK_INT(content_digest_skip(d, 13999), 0);
        CHECK_INT(content_digest_update(d, "y", 1), 0);
        CHECK_INT(content_digest_skip(d, SIZE - 20001), 0);
        CHECK_INT(content_digest_final(d, skipped), 0);
        CHECK(memcmp(stored, skipped, sizeof(stored)) == 0);
}

TEST(files_with_and_without_holes) {
        _cleanup_(content_digest_freep) ContentDigest *d = make();
        uint8_t data[SIZE], buffer[3000], expected[CONTENT_DIGEST_SIZE], found[CONTENT_DIGEST_SIZE];

        fill(data);
        digest_pieces(d, data, SIZE, SIZE, expected);
        for (unsigned holes = 0; holes < 2; holes++) {
                _cleanup_close_ int fd = memfd_create("content", MFD_CLOEXEC);

                if (holes) {
                        CHECK_INT(pwrite(fd, data + 5000, 1000, 5000), 1000);
                        CHECK_INT(pwrite(fd, data + 20000, 1, 20000), 1);
                        CHECK_INT(ftruncate(fd, SIZE), 0);
                } else
                        CHECK_INT(fd_write_all(fd, data, SIZE), 0);
                CHECK_INT(content_digest_file(d, fd, buffer, sizeof(buffer), found), 0);
                CHECK(memcmp(expected, found, sizeof(found)) == 0);
        }
}

TEST(moved_data_is_other_data) {
        _cleanup_(content_digest_freep) ContentDigest *d = make();
        uint8_t data[SIZE], a[CONTENT_DIGEST_SIZE], b[CONTENT_DIGEST_SIZE];

        fill(data);
        digest_pieces(d, data, SIZE, SIZE, a);
        memset(data, 0, SIZE);
        memset(data + 5000 + 4096, 'x', 1000);
        data[20000] = 'y';
        digest_pieces(d, data, SIZE, SIZE, b);
        CHECK(memcmp(a, b, sizeof(a)) != 0);
}

TEST(empty_and_huge_holes) {
        _cleanup_(content_digest_freep) ContentDigest *d = make();
        uint8_t a[CONTENT_DIGEST_SIZE], b[CONTENT_DIGEST_SIZE];

        CHECK_INT(content_digest_final(d, a), 0);
        CHECK_INT(content_digest_skip(d, 1ULL << 60), 0);
        CHECK_INT(content_digest_final(d, b), 0);
        /* The size is told apart by whoever uses it. */
        CHECK(memcmp(a, b, sizeof(a)) == 0);
}

TEST(inode_map) {
        _cleanup_(inode_map_freep) InodeMap *m = NULL;

        CHECK_INT(inode_map_new(&m), 0);
        CHECK(!inode_map_get(m, 1));
        for (ino_t i = 1; i < 20000; i++)
                CHECK_INT(inode_map_put(m, i * 4096, &i, sizeof(i)), 0);
        for (ino_t i = 1; i < 20000; i++) {
                const void *value = inode_map_get(m, i * 4096);

                CHECK(value && memcmp(value, &i, sizeof(i)) == 0);
        }
        CHECK(!inode_map_get(m, 5));

        CHECK_INT(inode_map_put(m, 4096, "other size", 11), 0);
        CHECK_STR(inode_map_get(m, 4096), "other size");
        CHECK_INT(inode_map_put(m, 4096, "same size!", 11), 0);
        CHECK_STR(inode_map_get(m, 4096), "same size!");
        CHECK_INT(inode_map_put(m, 7, "", 0), 0);
        CHECK(inode_map_get(m, 7));
}

DEFINE_TEST_MAIN()
