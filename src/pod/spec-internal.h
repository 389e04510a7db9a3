/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "pod/spec.h"

/* What the files that make a manifest of a PodSpec share. */

/* Reads the text of an environment file into env ("NAME=VALUE" entries, the last of a name wins),
 * destroying it. -EINVAL with file and line. */
int environment_parse(const char *file, char *text, size_t size, char ***env, Diag *diag);
/* What the spec sets for all apps: set_env_files, then set_env. */
int spec_common_environment(const PodSpec *s, char ***ret, Diag *diag);
/* env holds the image's; brings in all the others. */
int spec_app_environment(const PodSpec *s, const AppSpec *a, char *const *common, char *const *parent_env,
                         NameValueList *env, Diag *diag);

/* The same place, however many slashes. */
bool mount_path_equal(const char *a, const char *b);
