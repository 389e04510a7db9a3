/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "image/fetch-steps.h"

/* By kind of reference. A path is always read again, as rkt does, even if the store has what it holds: the
 * store finds out by the digest. Ids and names are looked up in the store. */

int pull_policy_from_string(const char *s) {
        static const char *const names[] = {
                [PULL_NEW] = "new", [PULL_NEVER] = "never", [PULL_UPDATE] = "update",
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (streq(s, names[i]))
                        return (int) i;
        return -EINVAL;
}

static void say(void (*to)(const char *text, void *userdata), void *userdata, const char *format, va_list ap)
        _printf_(3, 0);

static void say(void (*to)(const char *text, void *userdata), void *userdata, const char *format,
                va_list ap) {
        _cleanup_(string_buf_done) StringBuf text = {};

        if (to && string_buf_vprintf(&text, format, ap) >= 0)
                to(strempty(text.data), userdata);
}

void fetch_notify(const FetchArgs *a, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        say(a->notify, a->userdata, format, ap);
        va_end(ap);
}

void fetch_debug(const FetchArgs *a, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        say(a->debug, a->userdata, format, ap);
        va_end(ap);
}

char *signature_location(const char *location, bool is_url) {
        size_t n = is_url ? strcspn(location, "?#") : strlen(location);

        return xasprintf("%.*s.asc%s", (int) n, location, location + n);
}

char *url_redact(const char *url) {
        const char *host = strstr(url, "://"), *end, *at = NULL, *colon;

        if (!host)
                return string_escape(url);
        host += 3;
        end = host + strcspn(host, "/?#");
        for (const char *c = host; c < end; c++)
                if (*c == '@')
                        at = c;
        colon = at ? memchr(host, ':', (size_t) (at - host)) : NULL;
        if (!colon)
                return string_escape(url);
        return xasprintf("%.*s:xxxxx%s", (int) (colon - url), url, at);
}

int fetch_stored(ImageStore *s, const FetchArgs *a, const char *id, char **ret_id, Diag *diag) {
        _cleanup_(image_manifest_freep) ImageManifest *manifest = NULL;
        _cleanup_free_ char *copy = strdup(id);
        int e;

        if (!copy)
                return -ENOMEM;
        if (!a->no_check_platform) {
                e = image_store_load_manifest(s, id, &manifest, diag);
                if (e >= 0)
                        e = image_manifest_check_platform(manifest, diag);
                if (e < 0)
                        return e;
        }
        if (image_store_tree_is_rendered(s, id) <= 0) {
                e = image_render_tree(s, id, diag);
                if (e < 0)
                        return e;
        }
        /* Only says how long gc keeps it. */
        (void) image_store_touch(s, id);
        *ret_id = TAKE_PTR(copy);
        return 0;
}

static int read_signature(Archive *archive, const char *path, const FetchArgs *a, Diag *diag) {
        _cleanup_free_ char *beside = NULL;
        int e;

        if (a->insecure & INSECURE_IMAGE)
                return 0;
        if (!a->signature) {
                beside = signature_location(path, /* is_url= */ false);
                if (!beside)
                        return -ENOMEM;
        }
        e = fetch_document(a,
                           &(DocumentArgs) {
                                   .url_or_path = a->signature ?: beside,
                                   .label = "signature",
                                   .max = SIGNATURE_FILE_MAX,
                           },
                           &archive->signature, &archive->signature_size, diag);
        if (e >= 0)
                return 0;
        e = diag_wrap(diag, e, "error opening signature file");
        return diag_hint(diag, e, SIGNATURE_HINT);
}

static int open_archive(const char *path, int *ret_fd, Diag *diag) {
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *escaped = string_escape(path);
        struct stat st;

        /* O_NONBLOCK: a FIFO is refused below, not waited for. */
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0 || fstat(fd, &st) < 0) {
                int e = diag_errno(diag, -errno, "open \"%s\"", strempty(escaped));
                return diag_wrap(diag, e, "error opening ACI file");
        }
        if (!S_ISREG(st.st_mode)) {
                int e = diag_set(diag, -EINVAL, "\"%s\" is not a regular file", strempty(escaped));
                return diag_wrap(diag, e, "error opening ACI file");
        }
        *ret_fd = TAKE_FD(fd);
        return 0;
}

static int fetch_path(ImageStore *s, const ImageRef *ref, const FetchArgs *a, char **ret_id, Diag *diag) {
        _cleanup_(archive_done) Archive archive = { .source_fd = -EBADF };
        _cleanup_free_ char *shown = string_escape(ref->location);
        int e;

        fetch_debug(a, "using image from file %s", strempty(shown));
        if (a->insecure & INSECURE_IMAGE)
                fetch_notify(a, "warning: image signature verification has been disabled");
        e = open_archive(ref->location, &archive.source_fd, diag);
        if (e >= 0)
                e = read_signature(&archive, ref->location, a, diag);
        return e < 0 ? e : archive_import(&archive, s, a, ret_id, diag);
}

static int fetch_ref_url(ImageStore *s, const ImageRef *ref, const FetchArgs *a, char **ret_id, Diag *diag) {
        return fetch_url(s, ref->location, a, ret_id, diag);
}

static int fetch_id(ImageStore *s, const ImageRef *ref, const FetchArgs *a, char **ret_id, Diag *diag) {
        _cleanup_free_ char *id = NULL;
        int e;

        e = image_store_resolve_id(s, ref->location, &id, diag);
        if (e < 0)
                return e;
        fetch_debug(a, "using image from the store with hash %s", id);
        return fetch_stored(s, a, id, ret_id, diag);
}

static int fetch_name(ImageStore *s, const ImageRef *ref, const FetchArgs *a, char **ret_id, Diag *diag) {
        _cleanup_free_ char *id = NULL;
        _cleanup_diag_ Diag own = {};
        int e;

        e = image_store_resolve_name(s, ref->name, &ref->labels, &id, &own);
        if (e >= 0) {
                fetch_debug(a, "using image from local store for image name %s", ref->text);
                return fetch_stored(s, a, id, ret_id, diag);
        }
        if (e != -ENOENT) {
                diag_move(diag, &own);
                return e;
        }
        if (a->pull_policy == PULL_NEVER)
                e = diag_set(diag, -ENOENT, "it is not in the store, and the pull policy is \"never\"");
        else
                e = diag_set(diag, -EOPNOTSUPP,
                             "it is not in the store, and discovery is not supported by this "
                             "version");
        return diag_hint(diag, e, "fetch it by its file or URL first: rkt fetch FILE|URL");
}

static int fetch_unsupported(ImageStore *s, const ImageRef *ref, const FetchArgs *a, char **ret_id,
                             Diag *diag) {
        return diag_set(diag, -EOPNOTSUPP, "%s images are not supported by this version",
                        ref->kind == IMAGE_REF_DOCKER ? "Docker" : "OCI");
}

typedef struct Way {
        const char *what; /* "unable to fetch image from WHAT" */
        int (*fetch)(ImageStore *s, const ImageRef *ref, const FetchArgs *a, char **ret_id, Diag *diag);
} Way;

static const Way ways[] = {
        [IMAGE_REF_PATH] = { "file", fetch_path },
        [IMAGE_REF_URL] = { "URL", fetch_ref_url },
        [IMAGE_REF_ID] = { "hash", fetch_id },
        [IMAGE_REF_NAME] = { "image name", fetch_name },
        [IMAGE_REF_DOCKER] = { "URL", fetch_unsupported },
        [IMAGE_REF_OCI] = { "URL", fetch_unsupported },
};

int image_fetch(ImageStore *s, const ImageRef *ref, const FetchArgs *a, char **ret_id, Diag *diag) {
        const Way *way = ways + ref->kind;
        _cleanup_free_ char *shown = url_redact(ref->location ?: ref->text);
        int e;

        e = way->fetch(s, ref, a, ret_id, diag);
        if (e < 0)
                return diag_wrap(diag, e, "unable to fetch image from %s \"%s\"", way->what, strempty(shown));
        return 0;
}
