/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/string-util.h"

/* Path strings; nothing here touches the file system but path_make_absolute_cwd(). */

bool path_is_absolute(const char *p);
/* No "..", no "." component, no "//", no trailing "/" (but "/" itself); relative or absolute; not empty. */
bool path_is_normalized(const char *p);
/* A single name: not empty, not "." or "..", no "/", at most NAME_MAX bytes. */
bool filename_is_valid(const char *name);
/* New string: base + "/" + rest, without doubling slashes. NULL: out of memory. */
char *path_join(const char *base, const char *rest);
/* Collapses "//" and "/./" and drops a trailing "/", in place; ".." stays. */
char *path_simplify(char *p);
int path_make_absolute_cwd(const char *p, char **ret);
/* Whether p is dir or below it, by whole components. */
bool path_is_under(const char *p, const char *dir);
const char *path_basename(const char *p); /* inside p */
