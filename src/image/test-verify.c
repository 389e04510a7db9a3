/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "basic/fs-util.h"
#include "basic/process-util.h"
#include "basic/strv.h"
#include "basic/test.h"
#include "image/openpgp.h"
#include "image/verify.h"

/* Real keys and signatures: test/data/signatures/make. */

#define ALICE "alice <alice@test>"
#define UNKNOWN "openpgp: signature made by unknown entity"
#define INVALID "openpgp: invalid signature: the data is not what was signed"
#define NOT_DETACHED "\"signature\" is not a detached OpenPGP signature: "
#define NOT_ARMORED "\"signature\" is not a PGP SIGNATURE: "

static char *directory;

static int open_file(const char *name) {
        _cleanup_free_ char *path = strjoin(directory, "/", name, NULL);
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                test_fail(__FILE__, __LINE__, "no \"%s\"", name);
        return fd;
}

/* As keystore_keyring_for() gives it. */
static int open_keyring(const char *name) {
        _cleanup_close_ int fd = open_file(name);
        _cleanup_free_ char *data = NULL;
        size_t size;
        int memory;

        CHECK_INT(fd_read_all(fd, 1 << 20, &data, &size), 0);
        CHECK((memory = memfd_new_sealed("keyring", data, size)) >= 0);
        return memory;
}

static void make_keys(void) {
        _cleanup_free_ char *script = NULL;
        pid_t pid;
        int code;

        if (directory)
                return;
        CHECK(getenv("RKT_TEST_DATA"));
        CHECK(script = strjoin(getenv("RKT_TEST_DATA"), "/signatures/make", NULL));
        CHECK(directory = test_tmpdir());
        CHECK_INT(process_spawn(
                          &(SpawnArgs) {
                                  .path = script,
                                  .argv = (char *const[]) { script, NULL },
                                  .stdin_fd = -EBADF,
                                  .stdout_fd = STDERR_FILENO,
                                  .stderr_fd = -EBADF,
                                  .cwd = directory,
                          },
                          &pid),
                  0);
        CHECK_INT(process_wait(pid, USEC_INFINITY, &code), 0);
        CHECK_INT(code, 0);
}

typedef struct Case {
        const char *keyring, *signature, *data;
        const char *message; /* NULL: accepted */
        const char *signer;
} Case;

static void check_case(const Case *c) {
        _cleanup_close_ int keyring = open_keyring(c->keyring), signature = open_file(c->signature),
                            data = open_file(c->data);
        _cleanup_free_ char *signer = NULL;
        _cleanup_diag_ Diag diag = {};
        int e;

        e = signature_verify(keyring, signature, data, &signer, &diag);
        if (e == 0 && c->message)
                test_fail(__FILE__, __LINE__, "\"%s\" was accepted", c->signature);
        if (e < 0 && !c->message)
                test_fail(__FILE__, __LINE__, "\"%s\": %s", c->signature, strempty(diag.message));
        CHECK_INT(e, !c->message ? 0 : streq(c->message, UNKNOWN) ? -ENOKEY : -EKEYREJECTED);
        CHECK_STR(diag.message, c->message);
        CHECK_STR(signer, c->signer);
}

static void check_cases(const Case *cases, size_t n) {
        make_keys();
        for (size_t i = 0; i < n; i++)
                check_case(cases + i);
}

TEST(good_signatures) {
        static const Case cases[] = {
                { "alice.key", "good", "data", NULL, ALICE },
                { "alice.key", "good.asc", "data", NULL, ALICE },
                { "all.key", "good", "data", NULL, ALICE },
                { "alice.key", "both", "data", NULL, ALICE },
                { "alice.key", "twice", "data", NULL, ALICE },
                { "alice.key", "notation", "data", NULL, ALICE },
                { "alice.key", "of-nothing", "nothing", NULL, ALICE },
                { "alice.key", "SHA224", "data", NULL, ALICE },
                { "alice.key", "SHA256", "data", NULL, ALICE },
                { "alice.key", "SHA384", "data", NULL, ALICE },
                { "rsa.key", "rsa", "data", NULL, "rsa <rsa@test>" },
                { "parent.key", "child", "data", NULL, "parent <parent@test>" },
        };

        check_cases(cases, ELEMENTSOF(cases));
}

TEST(other_bytes) {
        static const Case cases[] = {
                { "alice.key", "good", "other", INVALID },
                { "alice.key", "good", "nothing", INVALID },
                { "alice.key", "of-nothing", "data", INVALID },
                { "alice.key", "good-and-bad", "data", INVALID },
                { "alice.key", "bad-and-good", "data", INVALID },
        };

        check_cases(cases, ELEMENTSOF(cases));
}

TEST(keys_that_do_not_count) {
        static const Case cases[] = {
                { "alice.key", "stranger", "data", UNKNOWN },
                { "bob.key", "good", "data", UNKNOWN },
                { "old.key", "old", "data", "openpgp: the signing key is expired" },
                { "all.key", "old", "data", "openpgp: the signing key is expired" },
                { "gone.key", "gone", "data", "openpgp: the signing key is revoked" },
                { "future.key", "future", "data",
                  "openpgp: the signing key is not valid: not signed by its owner, or made in the future" },
                { "short.key", "short", "data",
                  "openpgp: the signing key is too short (1024 bits, 2048 at least)" },
                { "dsa.key", "dsa", "data",
                  "openpgp: the signing key is too short (1024 bits, 2048 at least)" },
        };

        check_cases(cases, ELEMENTSOF(cases));
}

TEST(signatures_that_do_not_count) {
        static const Case cases[] = {
                { "alice.key", "SHA1", "data", "openpgp: the signature's digest is weak: SHA1" },
                { "alice.key", "RIPEMD160", "data", "openpgp: the signature's digest is weak: RIPEMD160" },
                { "early.key", "late", "data", "openpgp: the signature is expired" },
                { "alice.key", "tomorrow", "data",
                  "openpgp: the signature is from the future (or this machine's clock is wrong)" },
                { "alice.key", "text", "data", "openpgp: the signature is not one over binary data" },
                { "alice.key", "inline", "data", NOT_DETACHED "it is not made of whole OpenPGP packets" },
                { "alice.key", "clear", "data", NOT_ARMORED "it contains another kind of OpenPGP data" },
                { "alice.key", "nothing", "data", NOT_ARMORED "it is empty" },
                { "alice.key", "other", "data",
                  NOT_ARMORED "it is neither binary nor armored OpenPGP data" },
                { "alice.key", "alice.key", "data", NOT_DETACHED "it contains more than signatures" },
                { "alice.key", "cut-off", "data", NOT_DETACHED "it is not made of whole OpenPGP packets" },
                { "alice.key", "with-junk", "data", NOT_DETACHED "it is not made of whole OpenPGP packets" },
        };

        check_cases(cases, ELEMENTSOF(cases));
}

/* The subkey's own signature over its primary key ("cross-certification") stands in the unhashed part of
 * the binding signature: without it, anybody could claim somebody else's signing key as his subkey. */
static void drop_unhashed(const OpenpgpPacket *p, StringBuf *out) {
        const uint8_t *b = p->body;
        size_t hashed = (size_t) b[4] << 8 | b[5], after = 6 + hashed,
               unhashed = (size_t) b[after] << 8 | b[after + 1], rest = after + 2 + unhashed,
               size = p->body_size - unhashed;

        CHECK(b[0] == 4 && rest <= p->body_size);
        CHECK_INT(
                string_buf_append_n(
                        out, (char[]){ (char) 0xc2, (char) 0xff, 0, 0, (char) (size >> 8), (char) size }, 6),
                0);
        CHECK_INT(string_buf_append_n(out, b, after), 0);
        CHECK_INT(string_buf_append_n(out, "\0\0", 2), 0);
        CHECK_INT(string_buf_append_n(out, b + rest, p->body_size - rest), 0);
}

TEST(subkey_without_cross_certification) {
        _cleanup_close_ int whole = -EBADF, keyring = -EBADF, signature = -EBADF, data = -EBADF;
        _cleanup_(string_buf_done) StringBuf out = {};
        _cleanup_free_ char *key = NULL;
        _cleanup_diag_ Diag diag = {};
        bool after_subkey = false;
        OpenpgpReader r = {};
        OpenpgpPacket p;

        make_keys();
        whole = open_file("parent.key");
        CHECK_INT(fd_read_all(whole, 1 << 20, &key, &r.size), 0);
        r.data = (const uint8_t *) key;
        while (openpgp_next(&r, &p) > 0) {
                after_subkey = after_subkey || p.tag == OPENPGP_PUBLIC_SUBKEY;
                if (after_subkey && p.tag == OPENPGP_SIGNATURE)
                        drop_unhashed(&p, &out);
                else
                        CHECK_INT(string_buf_append_n(&out, p.start, p.size), 0);
        }
        CHECK((keyring = memfd_new_sealed("keyring", out.data, out.size)) >= 0);
        signature = open_file("child");
        data = open_file("data");
        CHECK_INT(signature_verify(keyring, signature, data, NULL, &diag), -EKEYREJECTED);
        CHECK_STR(diag.message,
                  "openpgp: the signing key is not valid: not signed by its owner, or made in the future");
}

TEST(status_can_not_be_spoofed) {
        /* The user id has line feeds and status lines in it. */
        static const Case cases[] = {
                { "evil.key", "evil", "data", NULL,
                  "evil@test\\x0a[GNUPG:] GOODSIG 1 2\\x0a[GNUPG:] VALIDSIG" },
                { "evil.key", "evil", "other", INVALID },
                { "alice.key", "evil", "data", UNKNOWN },
        };

        check_cases(cases, ELEMENTSOF(cases));
}

TEST(empty_keyring) {
        static const Case c = { "nothing", "good", "data", UNKNOWN };

        make_keys();
        check_case(&c);
}

TEST(large_data) {
        _cleanup_close_ int keyring = -EBADF, signature = -EBADF, data = -EBADF;
        _cleanup_free_ char *path = NULL;

        make_keys();
        keyring = open_keyring("alice.key");
        signature = open_file("good");
        CHECK(path = strjoin(directory, "/large", NULL));
        CHECK((data = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) >= 0);
        CHECK(ftruncate(data, 64 << 20) == 0);
        CHECK_INT(signature_verify(keyring, signature, data, NULL, NULL), -EKEYREJECTED);
}

DEFINE_TEST_MAIN()
