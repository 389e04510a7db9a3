/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "appc/types.h"
#include "basic/fs-util.h"
#include "basic/path-util.h"
#include "image/key-file.h"
#include "image/keystore.h"
#include "image/openpgp.h"

/* For image "a.b/c/d" these directories count, in the local and in the system configuration: root.d,
 * prefix.d/a.b, prefix.d/a.b/c, prefix.d/a.b/c/d. They are opened by name, one component after the other;
 * nothing is searched, so that no name ("a.bc", "..") can reach another prefix. A local file replaces the
 * system's file of the same directory and name; an empty one takes it away. Anything odd on the way is an
 * error, never skipped: a keystore that is not as it should be is the one thing that must not be guessed
 * about. */

#define TRUST_DIR "trustedkeys"
#define KEYS_MAX 4096U

typedef struct Keyring {
        char **fingerprints;
        StringBuf data;
} Keyring;

static void keyring_done(Keyring *k) {
        strv_free(k->fingerprints);
        string_buf_done(&k->data);
}

/* One directory of keys being read. */
typedef struct KeyDir {
        int fd;
        const char *path;         /* for messages */
        char *const *masked;      /* names that a local directory decides about */
        char **seen;
        Keyring *keyring;
        Diag *diag;
} KeyDir;

static bool is_fingerprint(const char *s) {
        return strlen(s) == OPENPGP_FINGERPRINT_HEX &&
               strspn(s, "0123456789abcdef") == OPENPGP_FINGERPRINT_HEX;
}

static int add_key(KeyDir *d, const char *name, const char *path, const StringBuf *raw) {
        _cleanup_(string_buf_done) StringBuf binary = {}, key = {};
        char fpr[OPENPGP_FINGERPRINT_HEX + 1];
        int e;

        e = openpgp_dearmor(path, raw->data, raw->size, OPENPGP_ARMOR_KEY, &binary, d->diag);
        if (e >= 0)
                e = openpgp_read_key(path, binary.data, binary.size, fpr, &key, d->diag);
        if (e < 0)
                return e;
        if (!streq(fpr, name))
                return diag_set(d->diag, -EBADMSG,
                                "refusing key file \"%s\": the key in it has fingerprint %s", path, fpr);
        if (strv_contains(d->keyring->fingerprints, fpr))
                return 0;
        if (strv_length(d->keyring->fingerprints) >= KEYS_MAX)
                return diag_set(d->diag, -E2BIG, "more than %u keys are trusted", KEYS_MAX);
        e = string_buf_append_n(&d->keyring->data, key.data, key.size);
        return e < 0 ? e : strv_extend(&d->keyring->fingerprints, fpr);
}

static int read_entry(int dir_fd, const char *name, unsigned char type, void *userdata) {
        _cleanup_(string_buf_done) StringBuf raw = {};
        _cleanup_free_ char *path = NULL, *joined = NULL;
        KeyDir *d = userdata;
        int e;

        /* Longer prefixes; temporary names of file_write_at(). */
        if (type == DT_DIR || name[0] == '.')
                return 0;
        joined = path_join(d->path, name);
        path = joined ? string_escape(joined) : NULL;
        if (!path)
                return -ENOMEM;
        if (!is_fingerprint(name)) {
                e = diag_set(d->diag, -EBADMSG, "refusing key file \"%s\": its name is not a fingerprint",
                             path);
                return diag_hint(d->diag, e,
                                 "remove it, or name it by the 40 lower-case hexadecimal digits of its "
                                 "key's fingerprint");
        }
        if (strv_contains(d->masked, name))
                return 0;
        e = key_file_read(dir_fd, name, path, &raw, d->diag);
        if (e < 0)
                return e;
        e = strv_extend(&d->seen, name);
        if (e < 0 || raw.size == 0)
                return e;
        return add_key(d, name, path, &raw);
}

typedef struct Lookup {
        const Paths *paths;
        Keyring *keyring;
        Diag *diag;
} Lookup;

/* Reads the keys of one directory, if it is there. ret_seen: the names in it. */
static int read_level_of(Lookup *l, const char *config, const char *relative, char *const *masked,
                         char ***ret_seen) {
        _cleanup_free_ char *path = NULL;
        _cleanup_strv_free_ char **seen = NULL;
        KeyDir d = { .masked = masked, .keyring = l->keyring, .diag = l->diag };
        int e;

        if (isempty(config))
                return 0;
        path = strjoin(config, "/" TRUST_DIR "/", relative, NULL);
        if (!path)
                return -ENOMEM;
        e = key_dir_open(config, path + strlen(config) + 1, &d.fd, l->diag);
        if (e == -ENOENT)
                return 0;
        if (e < 0)
                return e;
        d.path = path;
        e = dir_foreach(d.fd, read_entry, &d);
        safe_close(d.fd);
        seen = d.seen;
        if (e < 0)
                return diag_is_set(l->diag) ? e : diag_errno(l->diag, e, "failed to read \"%s\"", path);
        if (ret_seen)
                *ret_seen = TAKE_PTR(seen);
        return 0;
}

static int read_level(Lookup *l, const char *relative) {
        _cleanup_strv_free_ char **local = NULL;
        int e;

        e = read_level_of(l, l->paths->local_config, relative, /* masked= */ NULL, &local);
        return e < 0 ? e : read_level_of(l, l->paths->system_config, relative, local, /* ret_seen= */ NULL);
}

static int read_all(Lookup *l, const char *image_name) {
        _cleanup_strv_free_ char **components = NULL;
        _cleanup_free_ char *prefix = strdup("prefix.d");
        int e;

        e = prefix ? strv_split(image_name, "/", &components) : -ENOMEM;
        if (e >= 0)
                e = read_level(l, "root.d");
        STRV_FOREACH(component, components) {
                char *longer = e < 0 ? NULL : path_join(prefix, *component);
                if (!longer)
                        return e < 0 ? e : -ENOMEM;
                free(prefix);
                prefix = longer;
                e = read_level(l, prefix);
        }
        return e;
}

int keystore_keyring_for(const Paths *p, const char *image_name, int *ret_fd, char ***ret_fingerprints,
                         Diag *diag) {
        _cleanup_(keyring_done) Keyring k = {};
        Lookup l = { .paths = p, .keyring = &k, .diag = diag };
        int e, fd;

        if (!ac_identifier_is_valid(image_name))
                return diag_set(diag, -EINVAL, "an image's name must be an AC Identifier");
        e = read_all(&l, image_name);
        if (e < 0)
                return e;
        if (!k.fingerprints)
                return diag_set(diag, -ENOKEY, "no key is trusted for image \"%s\"", image_name);
        fd = memfd_new_sealed("rkt-keyring", k.data.data, k.data.size);
        if (fd < 0)
                return diag_errno(diag, fd, "failed to make a memory file");

        *ret_fd = fd;
        if (ret_fingerprints)
                *ret_fingerprints = TAKE_PTR(k.fingerprints);
        return 0;
}

static int add_path(const Paths *p, const char *prefix, const char *fingerprint, char **ret, Diag *diag) {
        char *relative;

        if (prefix && !ac_identifier_is_valid(prefix)) {
                _cleanup_free_ char *escaped = string_escape(prefix);
                return diag_set(diag, -EINVAL,
                                "\"%s\" is not a prefix of image names: it must be an AC Identifier",
                                strempty(escaped));
        }
        if (!is_fingerprint(fingerprint))
                return diag_set(diag, -EINVAL, "\"%s\" is not a fingerprint", fingerprint);
        if (isempty(p->local_config))
                return diag_set(diag, -EINVAL, "there is no local configuration directory");
        relative = prefix ? strjoin(TRUST_DIR "/prefix.d/", prefix, "/", fingerprint, NULL)
                          : strjoin(TRUST_DIR "/root.d/", fingerprint, NULL);
        if (!relative)
                return -ENOMEM;
        *ret = relative;
        return 0;
}

int keystore_add(const Paths *p, const char *prefix, const KeyInfo *k, const void *data, size_t size,
                 char **ret_path, Diag *diag) {
        _cleanup_(string_buf_done) StringBuf binary = {}, key = {};
        _cleanup_free_ char *relative = NULL, *path = NULL;
        char fpr[OPENPGP_FINGERPRINT_HEX + 1];
        int e;

        e = add_path(p, prefix, k->fingerprint, &relative, diag);
        if (e >= 0)
                e = openpgp_dearmor("key", data, size, OPENPGP_ARMOR_KEY, &binary, diag);
        if (e >= 0)
                e = openpgp_read_key("key", binary.data, binary.size, fpr, &key, diag);
        if (e < 0)
                return e;
        /* What was reviewed is what is stored. */
        if (!streq(fpr, k->fingerprint))
                return diag_set(diag, -EBADMSG, "the key has fingerprint %s, not %s", fpr, k->fingerprint);
        path = path_join(p->local_config, relative);
        if (!path)
                return -ENOMEM;
        e = key_file_write(p->local_config, relative, &key, diag);
        if (e < 0)
                return e;
        *ret_path = TAKE_PTR(path);
        return 0;
}
