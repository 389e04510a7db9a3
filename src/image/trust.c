/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/types.h"
#include "image/trust.h"

#define KEY_FILE_MAX (1024U * 1024)
#define QUESTIONS_MAX 10

char *fingerprint_format(const char *fingerprint) {
        _cleanup_(string_buf_done) StringBuf out = {};

        for (size_t i = 0; fingerprint[i]; i++) {
                char c = fingerprint[i] >= 'a' ? (char) (fingerprint[i] - 'a' + 'A') : fingerprint[i];
                const char *gap = i == 0 || i % 4 != 0 ? "" : i == 20 ? "  " : " ";
                if (string_buf_printf(&out, "%s%c", gap, c) < 0)
                        return NULL;
        }
        return string_buf_take(&out);
}

static void print(const TrustArgs *a, const char *format, ...) _printf_(2, 3);

static void print(const TrustArgs *a, const char *format, ...) {
        _cleanup_(string_buf_done) StringBuf text = {};
        va_list ap;

        va_start(ap, format);
        if (string_buf_vprintf(&text, format, ap) >= 0 && a->print)
                a->print(strempty(text.data), a->userdata);
        va_end(ap);
}

static int check_location(const TrustArgs *a, const char *location, Diag *diag) {
        int e;

        if (isempty(location)) {
                e = diag_set(diag, -EOPNOTSUPP, "discovery of keys is not supported by this version");
                e = diag_wrap(diag, e, "error determining key location");
                return diag_hint(diag, e, "give the key's file or https URL: rkt trust --prefix=%s PUBKEY",
                                 a->prefix ?: "PREFIX");
        }
        if (startswith(location, "http://") && !a->allow_http) {
                e = diag_set(diag, -EPROTONOSUPPORT, "--insecure-allow-http required for http URLs");
                return diag_wrap(diag, e, "error accessing the key %s", location);
        }
        if (strstr(location, "://") && !startswith(location, "https://") &&
            !startswith(location, "http://") && !startswith(location, "file:///")) {
                e = diag_set(diag, -EPROTONOSUPPORT, "only local files and http or https URLs supported");
                return diag_wrap(diag, e, "error accessing the key %s", location);
        }
        return 0;
}

static int get_key(const TrustArgs *a, const char *location, char **ret, size_t *ret_size, Diag *diag) {
        FetchArgs fetch = *a->fetch;
        const char *path = startswith(location, "file://");
        int e;

        if (a->allow_http)
                fetch.insecure |= INSECURE_HTTP;
        e = fetch_document(&fetch,
                           &(DocumentArgs) {
                                   .url_or_path = path ?: location,
                                   .label = "key",
                                   .max = KEY_FILE_MAX,
                           },
                           ret, ret_size, diag);
        return e < 0 ? diag_wrap(diag, e, "error accessing the key %s", location) : 0;
}

static void show(const TrustArgs *a, const char *location, const KeyInfo *k) {
        _cleanup_free_ char *formatted = fingerprint_format(k->fingerprint);

        print(a, "prefix: \"%s\"\nkey: \"%s\"", strempty(a->prefix), location);
        print(a, "gpg key fingerprint is: %s", strempty(formatted));
        STRV_FOREACH(subkey, k->subkey_fingerprints) {
                _cleanup_free_ char *text = fingerprint_format(*subkey);
                print(a, "    Subkey fingerprint: %s", strempty(text));
        }
        STRV_FOREACH(user_id, k->user_ids)
                print(a, "\t%s", *user_id);
}

/* 1: yes, 0: no. */
static int review(const TrustArgs *a, Diag *diag) {
        for (unsigned n = 0; n < QUESTIONS_MAX; n++) {
                _cleanup_free_ char *answer = NULL;
                int e;

                e = a->ask ? a->ask("Are you sure you want to trust this key (yes/no)?", &answer, a->userdata)
                           : -ENOTTY;
                if (e == -ENOTTY) {
                        e = diag_set(diag, e,
                                     "error reviewing key: unable to ask user to review fingerprint due to "
                                     "lack of tty");
                        return diag_hint(diag, e,
                                         "check the fingerprint, then add --skip-fingerprint-review");
                }
                if (e == -ENODATA) {
                        diag_set(diag, e, "error reviewing key: no answer came on standard input");
                        return diag_hint(diag, e,
                                         "check the fingerprint, then add --skip-fingerprint-review");
                }
                if (e < 0)
                        return diag_errno(diag, e, "error reviewing key");
                if (streq(answer, "yes"))
                        return 1;
                if (streq(answer, "no"))
                        return 0;
                print(a, "Please enter 'yes' or 'no'");
        }
        return diag_set(diag, -EINVAL, "error reviewing key: neither yes nor no");
}

/* 1: after review, 2: without; 0: not. */
static int agree(const TrustArgs *a, const char *location, Diag *diag) {
        bool force = a->skip_review || (a->fetch->trust_keys_from_https && startswith(location, "https://"));

        return force ? 2 : review(a, diag);
}

static int store(const TrustArgs *a, const KeyInfo *k, const char *data, size_t size, Diag *diag) {
        _cleanup_free_ char *path = NULL;
        int e;

        e = keystore_add(a->fetch->paths, a->prefix, k, data, size, &path, diag);
        if (e < 0 && a->prefix)
                return diag_wrap(diag, e, "error adding key for prefix \"%s\"", a->prefix);
        if (e < 0)
                return diag_wrap(diag, e, "error adding root key");
        if (a->prefix)
                print(a, "Added key for prefix \"%s\" at \"%s\"", a->prefix, path);
        else
                print(a, "Added root key at \"%s\"", path);
        return 1;
}

int trust_add_key(const TrustArgs *a, const char *location, Diag *diag) {
        _cleanup_free_ char *data = NULL, *shown = NULL;
        _cleanup_(key_info_done) KeyInfo k = {};
        size_t size;
        int e;

        if (a->prefix && !ac_identifier_is_valid(a->prefix)) {
                _cleanup_free_ char *escaped = string_escape(a->prefix);
                return diag_set(diag, -EINVAL, "\"%s\" is not a prefix of image names", strempty(escaped));
        }
        shown = string_escape(strempty(location));
        if (!shown)
                return -ENOMEM;
        e = check_location(a, location, diag);
        if (e >= 0)
                e = get_key(a, location, &data, &size, diag);
        if (e < 0)
                return e;
        e = key_read(location, data, size, &k, diag);
        if (e < 0)
                return diag_wrap(diag, e, "error displaying the key %s", shown);
        show(a, shown, &k);
        e = agree(a, location, diag);
        if (e < 0)
                return e;
        if (e == 0) {
                print(a, "not trusting \"%s\"", shown);
                return 0;
        }
        print(a, "Trusting \"%s\" for prefix \"%s\" %s fingerprint review.", shown, strempty(a->prefix),
              e == 2 ? "without" : "after");
        return store(a, &k, data, size, diag);
}
