/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/strv.h"

/* Which pods of templates the unit directories know: those that are enabled (a link pod@NAME.service in a
 * *.wants or
 * *.requires directory) or have settings (pod@NAME.service.d). NAME has an instance: PREFIX@INSTANCE. Sorted,
 * each once; directories that cannot be read are skipped. */
int instances_find(char *const *unit_dirs, char ***ret);
