/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/path-util.h"
#include "basic/test.h"
#include "image/keystore.h"
#include "image/openpgp.h"

#define ALICE "5414f4a01dcc10686cf7a19dfb62c87401ce7173"
#define BOB "61f7e2278fb553e8212a224f43b6bd522ce1543a"

/* A configuration of the test's own. */
typedef struct Store {
        char *root;
        Paths paths;
} Store;

static void store_done(Store *s) {
        free(s->root);
        free(s->paths.local_config);
        free(s->paths.system_config);
}

static void store_init(Store *s) {
        *s = (Store) { .root = test_tmpdir() };
        CHECK(s->paths.local_config = path_join(s->root, "etc"));
        CHECK(s->paths.system_config = path_join(s->root, "usr"));
}

static char *load(const char *name, size_t *ret_size) {
        _cleanup_free_ char *path = NULL;
        char *data;

        CHECK(getenv("RKT_TEST_DATA"));
        CHECK(path = strjoin(getenv("RKT_TEST_DATA"), "/keys/", name, NULL));
        CHECK_INT(file_read_at(AT_FDCWD, path, 1 << 20, &data, ret_size), 0);
        return data;
}

/* Puts a key (NULL: an empty file) at ROOT/WHERE. */
static void put(const Store *s, const char *where, const char *key) {
        _cleanup_free_ char *path = path_join(s->root, where), *data = NULL, *dir = strdup(path);
        size_t size = 0;

        if (key)
                data = load(key, &size);
        *strrchr(dir, '/') = '\0';
        CHECK_INT(mkdir_p_at(AT_FDCWD, dir, 0755), 0);
        CHECK_INT(file_write_at(AT_FDCWD, path, strempty(data), size, 0644, 0), 0);
}

/* expected: fingerprints joined by spaces, or NULL for -ENOKEY. */
static void check_keys(const Store *s, const char *image, const char *expected) {
        _cleanup_strv_free_ char **fingerprints = NULL;
        _cleanup_free_ char *joined = NULL;
        _cleanup_close_ int fd = -EBADF;
        _cleanup_diag_ Diag diag = {};
        int e;

        e = keystore_keyring_for(&s->paths, image, &fd, &fingerprints, &diag);
        if (e < 0 && expected)
                test_fail(__FILE__, __LINE__, "\"%s\": %s", image, strempty(diag.message));
        CHECK_INT(e, expected ? 0 : -ENOKEY);
        if (!expected)
                return;
        CHECK(joined = strv_join(fingerprints, " "));
        CHECK_STR(joined, expected);
}

static void check_refused(const Store *s, int error, const char *format) {
        _cleanup_free_ char *message = strdup(format), *expected = NULL;
        _cleanup_close_ int fd = -EBADF;
        _cleanup_diag_ Diag diag = {};

        /* "ROOT" stands for the test's directory. */
        char *at = strstr(message, "ROOT");
        CHECK(at);
        *at = '\0';
        CHECK(expected = strjoin(message, s->root, at + 4, NULL));
        CHECK_INT(keystore_keyring_for(&s->paths, "example.com/app", &fd, NULL, &diag), error);
        CHECK_STR(diag.message, expected);
        CHECK_INT(fd, -EBADF);
}

TEST(nothing_there) {
        _cleanup_(store_done) Store s;
        _cleanup_diag_ Diag diag = {};
        int fd;

        store_init(&s);
        CHECK_INT(keystore_keyring_for(&s.paths, "example.com/app", &fd, NULL, &diag), -ENOKEY);
        CHECK_STR(diag.message, "no key is trusted for image \"example.com/app\"");
        CHECK_INT(keystore_keyring_for(&s.paths, "../app", &fd, NULL, &diag), -EINVAL);
        CHECK_INT(keystore_keyring_for(&s.paths, "", &fd, NULL, &diag), -EINVAL);
}

TEST(prefixes_match_by_component) {
        _cleanup_(store_done) Store s;

        store_init(&s);
        put(&s, "etc/trustedkeys/prefix.d/example.com/etc/" ALICE, "alice.asc");
        check_keys(&s, "example.com/etc", ALICE);
        check_keys(&s, "example.com/etc/more", ALICE);
        check_keys(&s, "example.com/etcd", NULL);
        check_keys(&s, "example.com/et", NULL);
        check_keys(&s, "example.com", NULL);
        check_keys(&s, "other.com/etc", NULL);
        check_keys(&s, "example.com/x/example.com/etc", NULL);

        put(&s, "etc/trustedkeys/prefix.d/example.com/" BOB, "bob.asc");
        check_keys(&s, "example.com/etc", BOB " " ALICE);
        check_keys(&s, "example.com/etcd", BOB);
        check_keys(&s, "example.community", NULL);
}

TEST(root_keys_count_for_all) {
        _cleanup_(store_done) Store s;

        store_init(&s);
        put(&s, "usr/trustedkeys/root.d/" BOB, "bob.asc");
        check_keys(&s, "a", BOB);
        put(&s, "etc/trustedkeys/prefix.d/a/" ALICE, "alice.asc");
        check_keys(&s, "a", BOB " " ALICE);
        check_keys(&s, "b", BOB);
        /* Twice the same key is one. */
        put(&s, "etc/trustedkeys/prefix.d/b/" BOB, "bob.asc");
        check_keys(&s, "b", BOB);
}

TEST(empty_file_masks) {
        _cleanup_(store_done) Store s;

        store_init(&s);
        put(&s, "usr/trustedkeys/prefix.d/example.com/" ALICE, "alice.asc");
        check_keys(&s, "example.com/app", ALICE);
        put(&s, "etc/trustedkeys/prefix.d/example.com/app/" ALICE, NULL);
        check_keys(&s, "example.com/app", ALICE);
        put(&s, "etc/trustedkeys/root.d/" ALICE, NULL);
        check_keys(&s, "example.com/app", ALICE);
        put(&s, "etc/trustedkeys/prefix.d/example.com/" ALICE, NULL);
        check_keys(&s, "example.com/app", NULL);
        put(&s, "usr/trustedkeys/prefix.d/example.com/" BOB, "bob.asc");
        check_keys(&s, "example.com/app", BOB);
}

#define KEY "etc/trustedkeys/prefix.d/example.com/" ALICE

static void in_store(const Store *s, const char *where, char **ret) {
        CHECK(*ret = path_join(s->root, where));
}

TEST(owners_and_modes) {
        static const char *const places[] = {
                KEY,   "etc/trustedkeys/prefix.d/example.com", "etc/trustedkeys/prefix.d", "etc/trustedkeys",
                "etc",
        };
        _cleanup_(store_done) Store s;

        store_init(&s);
        put(&s, KEY, "alice.asc");
        for (size_t i = 0; i < ELEMENTSOF(places); i++) {
                const char *what = i == 0 ? "key file" : "directory";
                _cleanup_free_ char *path = NULL, *group = NULL, *all = NULL, *owner = NULL;
                mode_t mode = i == 0 ? 0644 : 0755;

                in_store(&s, places[i], &path);
                CHECK(group = strjoin("refusing ", what, " \"ROOT/", places[i], "\": group 0 can write it",
                                      NULL));
                CHECK(all = strjoin("refusing ", what, " \"ROOT/", places[i], "\": everybody can write it",
                                    NULL));
                CHECK(owner = strjoin("refusing ", what, " \"ROOT/", places[i],
                                      "\": it belongs to user 1234, not to root", NULL));
                CHECK(chmod(path, mode | 0020) == 0);
                if (getegid() == 0)
                        check_refused(&s, -EPERM, group);
                CHECK(chmod(path, mode | 0002) == 0);
                check_refused(&s, -EPERM, all);
                CHECK(chmod(path, mode) == 0);
                if (geteuid() == 0) {
                        CHECK(chown(path, 1234, 0) == 0);
                        check_refused(&s, -EPERM, owner);
                        CHECK(chown(path, 0, 0) == 0);
                }
                check_keys(&s, "example.com/app", ALICE);
        }
}

TEST(symlinks) {
        _cleanup_(store_done) Store s;
        _cleanup_free_ char *key = NULL, *elsewhere = NULL, *dir = NULL, *moved = NULL;

        store_init(&s);
        put(&s, "elsewhere/" ALICE, "alice.asc");
        put(&s, "etc/trustedkeys/prefix.d/example.com/" BOB, "bob.asc");
        in_store(&s, KEY, &key);
        in_store(&s, "elsewhere/" ALICE, &elsewhere);
        CHECK(symlink(elsewhere, key) == 0);
        check_refused(&s, -ELOOP,
                      "refusing \"ROOT/" KEY "\": it is a symbolic link, or not what it should be");
        CHECK(unlink(key) == 0);

        in_store(&s, "etc/trustedkeys/prefix.d/example.com", &dir);
        in_store(&s, "moved", &moved);
        CHECK(rename(dir, moved) == 0);
        CHECK(symlink(moved, dir) == 0);
        check_refused(&s, -ELOOP,
                      "refusing \"ROOT/etc/trustedkeys/prefix.d/example.com\": it is a symbolic link, or "
                      "not what it should be");
}

TEST(names_and_contents) {
        _cleanup_free_ char *fifo = NULL, *key = NULL;
        _cleanup_(store_done) Store s;

        store_init(&s);
        put(&s, KEY, "bob.asc");
        check_refused(&s, -EBADMSG, "refusing key file \"ROOT/" KEY "\": the key in it has fingerprint " BOB);
        put(&s, KEY, "secret.asc");
        check_refused(&s, -EBADMSG,
                      "\"ROOT/" KEY
                      "\" is not a PGP PUBLIC KEY BLOCK: it contains another kind of OpenPGP data");
        put(&s, KEY, "alice.asc");
        put(&s, "etc/trustedkeys/prefix.d/example.com/alice.pub", "alice.asc");
        check_refused(&s, -EBADMSG,
                      "refusing key file \"ROOT/etc/trustedkeys/prefix.d/example.com/alice.pub\": its "
                      "name is not a fingerprint");
        in_store(&s, "etc/trustedkeys/prefix.d/example.com/alice.pub", &key);
        CHECK(unlink(key) == 0);
        /* What a crash may leave of an atomic write. */
        put(&s, "etc/trustedkeys/prefix.d/example.com/.#" ALICE ".abcdef", NULL);
        check_keys(&s, "example.com/app", ALICE);
        in_store(&s, "etc/trustedkeys/root.d/" BOB, &fifo);
        put(&s, "etc/trustedkeys/root.d/" BOB, NULL);
        CHECK(unlink(fifo) == 0);
        CHECK(mkfifo(fifo, 0644) == 0);
        check_refused(&s, -EPERM,
                      "refusing key file \"ROOT/etc/trustedkeys/root.d/" BOB "\": it is not a regular file");
}

TEST(keyring_is_sealed_and_binary) {
        _cleanup_(string_buf_done) StringBuf key = {};
        _cleanup_free_ char *data = NULL;
        _cleanup_close_ int fd = -EBADF;
        _cleanup_(store_done) Store s;
        char fpr[OPENPGP_FINGERPRINT_HEX + 1];
        size_t size;

        store_init(&s);
        put(&s, KEY, "alice.asc");
        CHECK_INT(keystore_keyring_for(&s.paths, "example.com/app", &fd, NULL, NULL), 0);
        CHECK(write(fd, "x", 1) < 0 && errno == EPERM);
        CHECK_INT(fd_read_all(fd, 1 << 20, &data, &size), 0);
        CHECK_INT(openpgp_read_key("ring", data, size, fpr, &key, NULL), 0);
        CHECK_STR(fpr, ALICE);
}

static int read_key(const char *name, KeyInfo *ret, char **ret_data, size_t *ret_size, Diag *diag) {
        *ret_data = load(name, ret_size);
        return key_read(name, *ret_data, *ret_size, ret, diag);
}

TEST(read_a_key) {
        _cleanup_(key_info_done) KeyInfo k = {}, sub = {};
        _cleanup_free_ char *data = NULL, *more = NULL;
        size_t size;

        CHECK_INT(read_key("alice.asc", &k, &data, &size, NULL), 0);
        CHECK_STR(k.fingerprint, ALICE);
        CHECK_INT(strv_length(k.subkey_fingerprints), 0);
        CHECK_INT(strv_length(k.user_ids), 1);
        CHECK_STR(k.user_ids[0], "alice <alice@test>");

        CHECK_INT(read_key("subkey.asc", &sub, &more, &size, NULL), 0);
        CHECK_STR(sub.fingerprint, "9dc0fb7227263cd09c4ab4d124464f683a6927ec");
        CHECK_INT(strv_length(sub.subkey_fingerprints), 1);
        CHECK_STR(sub.subkey_fingerprints[0], "1a4213df0442ec8cb627b564a6d4640e73d8b0e9");
}

TEST(read_a_useless_key) {
        static const struct {
                const char *file;
                int error;
                const char *message;
        } cases[] = {
                { "revoked.asc", -EKEYREVOKED, "the key in \"revoked.asc\" is revoked" },
                { "expired.asc", -EKEYEXPIRED, "the key in \"expired.asc\" is expired" },
                { "secret.asc", -EBADMSG,
                  "\"secret.asc\" is not a PGP PUBLIC KEY BLOCK: it contains another kind of OpenPGP data" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(key_info_done) KeyInfo k = {};
                _cleanup_free_ char *data = NULL;
                _cleanup_diag_ Diag diag = {};
                size_t size;

                CHECK_INT(read_key(cases[i].file, &k, &data, &size, &diag), cases[i].error);
                CHECK_STR(diag.message, cases[i].message);
        }

        /* A key without its owner's signatures on anything. */
        static const char bare[] =
                "\x98\x33\x04\x5e\x0b\xe1\x00\x16\x09\x2b\x06\x01\x04\x01\xda\x47\x0f\x01\x01\x07\x40"
                "0123456789abcdef0123456789abcdef";
        _cleanup_(key_info_done) KeyInfo k = {};
        _cleanup_diag_ Diag diag = {};
        CHECK_INT(key_read("bare", bare, sizeof(bare) - 1, &k, &diag), -EBADMSG);
        CHECK_STR(diag.message, "the key in \"bare\" has no user id that it signed");
}

TEST(add) {
        _cleanup_free_ char *data = NULL, *prefixed = NULL, *root = NULL, *again = NULL, *expected = NULL;
        _cleanup_(key_info_done) KeyInfo k = {};
        _cleanup_(store_done) Store s;
        struct stat st;
        size_t size;

        store_init(&s);
        CHECK_INT(read_key("alice.asc", &k, &data, &size, NULL), 0);
        CHECK_INT(keystore_add(&s.paths, "example.com", &k, data, size, &prefixed, NULL), 0);
        in_store(&s, KEY, &expected);
        CHECK_STR(prefixed, expected);
        CHECK(stat(prefixed, &st) == 0);
        CHECK_INT(st.st_mode & 07777, 0644);
        check_keys(&s, "example.com/app", ALICE);
        check_keys(&s, "other", NULL);
        CHECK_INT(keystore_add(&s.paths, "example.com", &k, data, size, &again, NULL), 0);
        CHECK_STR(again, prefixed);
        CHECK_INT(keystore_add(&s.paths, /* prefix= */ NULL, &k, data, size, &root, NULL), 0);
        check_keys(&s, "other", ALICE);
}

TEST(add_makes_directories_like_the_one_above) {
        _cleanup_free_ char *data = NULL, *path = NULL, *top = NULL, *new = NULL;
        _cleanup_(key_info_done) KeyInfo k = {};
        _cleanup_(store_done) Store s;
        struct stat st;
        size_t size;

        store_init(&s);
        put(&s, "etc/trustedkeys/prefix.d/other/" BOB, "bob.asc");
        in_store(&s, "etc/trustedkeys/prefix.d", &top);
        in_store(&s, "etc/trustedkeys/prefix.d/example.com", &new);
        CHECK(chmod(top, 02755) == 0);
        CHECK_INT(read_key("alice.asc", &k, &data, &size, NULL), 0);
        CHECK_INT(keystore_add(&s.paths, "example.com", &k, data, size, &path, NULL), 0);
        CHECK(stat(new, &st) == 0);
        CHECK_INT(st.st_mode & 07777, 02755);
}

TEST(add_takes_off_the_mask) {
        _cleanup_free_ char *data = NULL, *path = NULL;
        _cleanup_(key_info_done) KeyInfo k = {};
        _cleanup_(store_done) Store s;
        size_t size;

        store_init(&s);
        put(&s, KEY, NULL);
        CHECK_INT(read_key("alice.asc", &k, &data, &size, NULL), 0);
        CHECK_INT(keystore_add(&s.paths, "example.com", &k, data, size, &path, NULL), 0);
        check_keys(&s, "example.com", ALICE);
}

TEST(add_refuses) {
        _cleanup_free_ char *data = NULL, *other = NULL, *path = NULL, *dir = NULL;
        _cleanup_(key_info_done) KeyInfo k = {};
        _cleanup_diag_ Diag diag = {};
        _cleanup_(store_done) Store s;
        size_t size, other_size;

        store_init(&s);
        CHECK_INT(read_key("alice.asc", &k, &data, &size, NULL), 0);
        other = load("bob.asc", &other_size);
        CHECK_INT(keystore_add(&s.paths, "example.com", &k, other, other_size, &path, &diag), -EBADMSG);
        CHECK_STR(diag.message, "the key has fingerprint " BOB ", not " ALICE);
        static const char *const bad[] = { "", "..", "a/../b", "/a", "a/", "A", "a b" };
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                CHECK_INT(keystore_add(&s.paths, bad[i], &k, data, size, &path, &diag), -EINVAL);

        put(&s, "etc/trustedkeys/prefix.d/x", NULL);
        CHECK_INT(keystore_add(&s.paths, "x", &k, data, size, &path, &diag), -ELOOP);
        in_store(&s, "etc/trustedkeys", &dir);
        CHECK(chmod(dir, 0777) == 0);
        CHECK_INT(keystore_add(&s.paths, "example.com", &k, data, size, &path, &diag), -EPERM);
        CHECK(!path);
}

DEFINE_TEST_MAIN()
