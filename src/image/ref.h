/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "appc/types.h"

/* What a user writes to say which image: the command line's and the pod file's image references. */

typedef enum ImageRefKind {
        IMAGE_REF_PATH,   /* a file: absolute path, "./x", "../x", "x.aci", or file:// URL */
        IMAGE_REF_URL,    /* http:// or https:// */
        IMAGE_REF_ID,     /* sha512-…, whole or prefix */
        IMAGE_REF_NAME,   /* appc name[:version][,label=value…] */
        IMAGE_REF_DOCKER, /* docker://…; known, not supported yet */
        IMAGE_REF_OCI,    /* oci:…; known, not supported yet */
} ImageRefKind;

typedef struct ImageRef {
        ImageRefKind kind;
        char *text;           /* as given */
        char *location;       /* path: absolute; url: as given; id: lower case */
        char *name;           /* IMAGE_REF_NAME */
        NameValueList labels; /* IMAGE_REF_NAME; "version" from ":v" */
} ImageRef;

void image_ref_done(ImageRef *r);
/* A relative path is taken from the current directory. -EINVAL with diag. */
int image_ref_parse(const char *s, ImageRef *ret, Diag *diag);
