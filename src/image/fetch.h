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
        /* One line of progress or information, without prefix ("using image from file …"). May be NULL. */
        void (*notify)(const char *text, void *userdata);
        void *userdata;
} FetchArgs;

/* ret_id: the caller's. Errors with diag: -ENOENT, -ENOKEY, -EKEYREJECTED, -EBADMSG, -ENOSPC, -EOPNOTSUPP, … */
int image_fetch(ImageStore *s, const ImageRef *ref, const FetchArgs *a, char **ret_id, Diag *diag);

/* Small documents (signatures, keys) over https or from a file. -EFBIG over max. */
int fetch_document(const FetchArgs *a, const char *url_or_path, size_t max, char **ret, size_t *ret_size, Diag *diag);
