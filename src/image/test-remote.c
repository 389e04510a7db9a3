/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/strv.h"
#include "basic/test.h"
#include "image/progress.h"
#include "image/remote.h"
#include "layout/pods.h"

#define ID "sha512-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define URL "https://user:secret@example.com/x.aci?y=z"

static int open_data_dir(void) {
        _cleanup_free_ char *dir = test_tmpdir();
        int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        CHECK(fd >= 0);
        return fd;
}

static void check_none(int fd, const char *url) {
        _cleanup_(remote_record_done) RemoteRecord r = {};

        CHECK_INT(remote_load(fd, url, &r), -ENOENT);
}

TEST(round_trip) {
        RemoteRecord r = {
                .url = (char *) URL,
                .id = (char *) ID,
                .etag = (char *) "\"e\"",
                .max_age = 60,
                .fetched = 1234567,
        };
        _cleanup_(remote_record_done) RemoteRecord back = {}, bare = {};
        _cleanup_close_ int fd = open_data_dir();

        check_none(fd, URL);
        CHECK_INT(remote_save(fd, &r), 0);
        CHECK_INT(remote_load(fd, URL, &back), 0);
        CHECK_STR(back.url, URL);
        CHECK_STR(back.id, ID);
        CHECK_STR(back.etag, "\"e\"");
        CHECK_INT(back.max_age, 60);
        CHECK_INT(back.fetched, 1234567);
        check_none(fd, "https://example.com/other.aci");

        r.etag = NULL;
        CHECK_INT(remote_save(fd, &r), 0);
        CHECK_INT(remote_load(fd, URL, &bare), 0);
        CHECK(!bare.etag);

        CHECK_INT(remote_forget(fd, URL), 0);
        check_none(fd, URL);
        CHECK_INT(remote_forget(fd, URL), 0);
}

/* The only file in the directory of records. */
static char *record_name(int fd) {
        _cleanup_strv_free_ char **names = NULL;

        CHECK_INT(dir_list_at(fd, CAS_REMOTE_DIR, &names), 0);
        CHECK_INT(strv_length(names), 1);
        return strjoin(CAS_REMOTE_DIR "/", names[0], NULL);
}

TEST(password_is_not_for_everybody) {
        RemoteRecord r = { .url = (char *) URL, .id = (char *) ID };
        _cleanup_close_ int fd = open_data_dir();
        _cleanup_free_ char *name = NULL;
        struct stat st;

        CHECK_INT(remote_save(fd, &r), 0);
        CHECK(name = record_name(fd));
        CHECK(fstatat(fd, name, &st, 0) == 0);
        CHECK_INT(st.st_mode & 0777, 0600);
}

TEST(damaged_records_are_none) {
        static const char *const texts[] = {
                "",
                "url=" URL "\nid=" ID "\n",
                "url=" URL "\nid=" ID "\nmax-age=1\nfetched=1\nen",
                "url=" URL "\nmax-age=1\nfetched=1\nend\n",
                "id=" ID "\nmax-age=1\nfetched=1\nend\n",
                "url=" URL "\nid=sha512-../..\nmax-age=1\nfetched=1\nend\n",
                "url=" URL "\nid=" ID "\nmax-age=x\nfetched=1\nend\n",
                "url=" URL "\nid=" ID "\netag=a b\nmax-age=1\nfetched=1\nend\n",
                "url=" URL "\nid=" ID "\nmore=1\nend\n",
                /* Another URL of the same hash. */
                "url=https://example.com/\nid=" ID "\nmax-age=1\nfetched=1\nend\n",
        };
        RemoteRecord r = { .url = (char *) URL, .id = (char *) ID };
        _cleanup_close_ int fd = open_data_dir();
        _cleanup_free_ char *name = NULL;

        CHECK_INT(remote_save(fd, &r), 0);
        CHECK(name = record_name(fd));
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                CHECK_INT(file_write_at(fd, name, texts[i], strlen(texts[i]), 0600, 0), 0);
                check_none(fd, URL);
        }
}

TEST(forget_image) {
        RemoteRecord r = { .url = (char *) URL, .id = (char *) ID }, other = r;
        _cleanup_(remote_record_done) RemoteRecord back = {};
        _cleanup_close_ int fd = open_data_dir();

        CHECK_INT(remote_forget_image(fd, ID), 0);
        other.url = (char *) "https://example.com/other";
        other.id = (char *) "sha512-1111111111111111111111111111111111111111111111111111111111111111";
        CHECK_INT(remote_save(fd, &r), 0);
        CHECK_INT(remote_save(fd, &other), 0);
        CHECK_INT(remote_forget_image(fd, ID), 0);
        check_none(fd, URL);
        CHECK_INT(remote_load(fd, other.url, &back), 0);
}

TEST(freshness) {
        RemoteRecord r = { .max_age = 60, .fetched = 1000 * USEC_PER_SEC };

        CHECK(remote_is_fresh(&r, 1000 * USEC_PER_SEC));
        CHECK(remote_is_fresh(&r, 1059 * USEC_PER_SEC));
        CHECK(!remote_is_fresh(&r, 1060 * USEC_PER_SEC));
        /* The clock was set back. */
        CHECK(!remote_is_fresh(&r, 999 * USEC_PER_SEC));
        r.max_age = UINT64_MAX;
        CHECK(remote_is_fresh(&r, USEC_INFINITY));
        r.max_age = 0;
        CHECK(!remote_is_fresh(&r, 1000 * USEC_PER_SEC));
}

static void check_bytes(uint64_t bytes, const char *expected) {
        _cleanup_free_ char *s = progress_format_bytes(bytes);

        CHECK_STR(s, expected);
}

TEST(progress_bytes) {
        check_bytes(0, "0 B");
        check_bytes(819, "819 B");
        check_bytes(999, "999 B");
        check_bytes(1000, "1 KB");
        check_bytes(668000, "668 KB");
        check_bytes(999499, "999 KB");
        check_bytes(999500, "1 MB");
        check_bytes(3250000, "3.25 MB");
        check_bytes(3700000, "3.7 MB");
        check_bytes(UINT64_MAX, "18.4 EB");
}

TEST(progress_line) {
        _cleanup_free_ char *some = progress_format("ACI", 3250000, 3700000),
                            *none = progress_format("ACI", 0, 10),
                            *all = progress_format("signature", 819, 819),
                            *empty = progress_format("ACI", 0, 0),
                            *open = progress_format("ACI", 3250000, UINT64_MAX);

        CHECK_STR(some, "Downloading ACI: [=======================================      ] 3.25 MB/3.7 MB");
        CHECK_STR(none, "Downloading ACI: [                                             ] 0 B/10 B");
        CHECK_STR(all, "Downloading signature: [=======================================] 819 B/819 B");
        CHECK_STR(empty, "Downloading ACI: [=============================================] 0 B/0 B");
        CHECK_STR(open, "Downloading ACI: 3.25 MB of an unknown total size");
}

TEST(progress_without_a_terminal_is_one_line) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        CHECK(f);
        progress_draw(f, "ACI", 1, 10);
        progress_draw(f, "ACI", 5, UINT64_MAX);
        progress_draw(f, "ACI", 10, 10);
        progress_draw(f, "ACI", UINT64_MAX, UINT64_MAX);
        CHECK(fclose(f) == 0);
        CHECK_STR(text, "Downloading ACI: [=============================================] 10 B/10 B\n");
}

DEFINE_TEST_MAIN()
