/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/json-read.h"

/* Configuration of a kind: the *.json files of one subdirectory of each configuration directory, rkt's
 * "configuration" document. Every file says its rktKind and rktVersion; unknown fields are left to newer
 * versions. */

#define CONFIG_FILE_MAX (1024U * 1024)
#define CONFIG_FILES_MAX 1024

typedef struct ConfigKind {
        const char *kind;    /* rktKind */
        const char *version; /* rktVersion */
        const char *subdir;  /* "paths.d" */
        const JsonField *fields;
        size_t n_fields;
} ConfigKind;

/* Reads DIR/SUBDIR/….json, in the order of their names, into target. Other files, subdirectories and
 * symbolic links are passed over; no directory at all is fine. -EBADMSG, -EFBIG, -ENOTDIR, or what reading
 * gave, with the file in diag. */
int config_read_dir(const char *dir, const ConfigKind *kind, void *target, Diag *diag);
