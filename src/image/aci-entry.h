/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/tar-reader.h"

/* What an entry of an ACI may be (appc spec, "spec/aci.md", and no archive that tries anything else): the
 * whole archive is refused for a bad entry, nothing is bent into shape. */

typedef enum AciPart {
        ACI_TOP,      /* "./": nothing to do */
        ACI_MANIFEST,
        ACI_ROOTFS,   /* rootfs itself, or something in it */
} AciPart;

typedef struct AciEntry {
        AciPart part;
        char *path; /* below rootfs, normalized; "" for rootfs itself */
        char *link; /* hard links: target below rootfs, normalized */
} AciEntry;

void aci_entry_done(AciEntry *e);
/* -EBADMSG with diag. */
int aci_entry_check(const TarEntry *t, AciEntry *ret, Diag *diag);

typedef enum XattrVerdict {
        XATTR_KEEP,
        XATTR_DROP, /* not for images, but no reason to refuse one: labels of another host, overlay's own */
} XattrVerdict;

/* -EBADMSG with diag: malformed. */
int aci_xattr_check(const TarXattr *x, XattrVerdict *ret, Diag *diag);
