/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/verb.h"

/* What the verbs on stored images share. */

/* Opens the store and finds the image that NAME, ID or unique prefix of an ID means. */
int image_args_resolve(Cli *c, const char *name_or_id, char **ret_id, Diag *diag);

/* A directory that is to be written anew: absolute, normalized; removed if it is there and overwrite is
 * given. */
int image_args_output_dir(const char *path, bool overwrite, char **ret, Diag *diag);

typedef struct ExtractOptions {
        bool rootfs_only, overwrite;
} ExtractOptions;
extern const Option image_extract_rows[];
/* "image extract" and "image render". */
int image_args_extract(Cli *c, const ExtractOptions *o, char *const *args);
