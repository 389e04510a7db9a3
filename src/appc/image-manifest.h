/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "appc/app.h"

/* ImageManifest (appc spec, "spec/aci.md"). Unknown fields are ignored, as the specification says; wrong
 * types, case twins of known fields and missing required fields are errors that name the field. */

#define IMAGE_MANIFEST_MAX (4U * 1024 * 1024)

typedef struct Dependency {
        char *image_name;
        char *image_id; /* or NULL */
        NameValueList labels;
        uint64_t size;
} Dependency;

typedef struct ImageManifest {
        char *ac_version;
        char *name;
        NameValueList labels;
        App *app; /* or NULL */
        Dependency *dependencies;
        size_t n_dependencies;
        char **path_whitelist;
        NameValueList annotations;
} ImageManifest;

ImageManifest *image_manifest_free(ImageManifest *m);
DEFINE_POINTER_CLEANUP(ImageManifest *, image_manifest_free)

/* file: for messages. -EBADMSG, -EFBIG. */
int image_manifest_parse(const char *file, const char *text, size_t size, ImageManifest **ret, Diag *diag);
int image_manifest_format(const ImageManifest *m, bool pretty, char **ret);

/* Whether "os" and "arch" (if wanted: both must be there) fit this host: -EBADMSG "missing os label in the
 * image manifest", "bad os \"freebsd\"", … */
int image_manifest_check_platform(const ImageManifest *m, Diag *diag);
