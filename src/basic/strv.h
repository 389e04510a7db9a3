/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/string-util.h"

/* NULL-terminated string vectors ("strv"). A NULL strv is the empty one. The vector owns its strings. */

char **strv_free(char **l);
DEFINE_POINTER_CLEANUP(char **, strv_free)
#define _cleanup_strv_free_ _cleanup_(strv_freep)

#define STRV_FOREACH(s, l) for (char *const *s = (char *const *) (l); s && *s; s++)

size_t strv_length(char *const *l);
bool strv_contains(char *const *l, const char *s);
char **strv_copy(char *const *l);
bool strv_equal(char *const *a, char *const *b);

/* All return 0, or -ENOMEM (the vector stays as it was). */
int strv_extend(char ***l, const char *s);
int strv_extendf(char ***l, const char *format, ...) _printf_(2, 3);
int strv_extend_strv(char ***l, char *const *other);
int strv_consume(char ***l, char *s); /* takes s, frees it on failure; -ENOMEM if s is NULL */

/* Sorts bytewise and drops what is there twice, in place. */
void strv_sort_unique(char **l);

/* Splits at any of the separators; empty parts are kept. */
int strv_split(const char *s, const char *separators, char ***ret);
/* NULL when out of memory. */
char *strv_join(char *const *l, const char *separator);

/* Environment vectors: "NAME=VALUE" entries, unique by NAME, in the order first set. */
int strv_env_set(char ***env, const char *assignment); /* -EINVAL: no "=" or no valid name */
const char *strv_env_get(char *const *env, const char *name);
bool env_name_is_valid(const char *name); /* [A-Za-z_][A-Za-z0-9_]* */
