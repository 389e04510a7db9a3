/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "conf/insecure.h"
#include "conf/paths.h"
#include "image/import.h"
#include "image/ref.h"

/* From a reference to an id of an accepted and rendered image: the steps fetch, verify, store and render. The
 * network is spoken to by the helper rkt-download, which has no privileges at all. */

typedef enum PullPolicy {
        PULL_NEW,
        PULL_NEVER,
        PULL_UPDATE,
} PullPolicy;

int pull_policy_from_string(const char *s); /* -EINVAL */

typedef struct FetchArgs {
        const Paths *paths;
        InsecureFlags insecure;
        PullPolicy pull_policy;
        bool trust_keys_from_https;
        bool no_check_platform;     /* stage1 images */
        const char *signature;      /* path of a local detached signature, or NULL */
        ImageLimits limits;
        /* One line for the user, without prefix ("signature verified:", "warning: …"). May be NULL. */
        void (*notify)(const char *text, void *userdata);
        /* The same for what --debug shows ("using image from file …"). May be NULL. */
        void (*debug)(const char *text, void *userdata);
        /* Called a few times a second while something is downloaded, and once at its end with now ==
         * total. label: "ACI", "signature"; total in bytes, UINT64_MAX: unknown; both: it ended early.
         * image/progress.h draws it. May be NULL. */
        void (*progress)(const char *label, uint64_t now, uint64_t total, void *userdata);
        void *userdata;
} FetchArgs;

/* ret_id: the caller's. Errors with diag: -ENOENT, -ENOKEY, -EKEYREJECTED, -EBADMSG, -ENOSPC, -EOPNOTSUPP,
 * … */
int image_fetch(ImageStore *s, const ImageRef *ref, const FetchArgs *a, char **ret_id, Diag *diag);

/* Small documents (signatures, keys) over https or from a file. label: as for progress(). -EFBIG over max;
 * -EINPROGRESS: the server answered 202, ask again later. */
typedef struct DocumentArgs {
        const char *url_or_path;
        const char *label;
        size_t max;
} DocumentArgs;

int fetch_document(const FetchArgs *a, const DocumentArgs *d, char **ret, size_t *ret_size, Diag *diag);
