/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* Foreign text as words in systemd unit files: what comes out is one quoted word that systemd reads back to
 * the very bytes that went in, whatever they are. Nothing of it can end the word, the line or the section. */

/* systemd joins and reads unit-file lines of at most this many bytes. */
#define UNIT_LINE_MAX (1024U * 1024U)

/* A word where C escapes and % specifiers are understood: Environment=, and the words of Exec…= lines that
 * have the prefix ":" (so "$" is an ordinary character). Adds the double quotes. */
int unit_escape_word(StringBuf *out, const char *s);

/* The line KEY="PREFIX:@PATH" "ARGV0" "ARGV1"… with argv[0] as the path; prefix: "+" or "". -EINVAL:
 * argv[0] is not an absolute path to a file; -E2BIG: systemd could not read so long a line. */
int unit_write_exec(StringBuf *out, const char *key, const char *prefix, char *const *argv, Diag *diag);

/* One Environment= line for "NAME=VALUE". -EINVAL: bad name, or a value that is not UTF-8, which systemd
 * would drop without a word; -E2BIG. */
int unit_write_environment(StringBuf *out, const char *assignment, Diag *diag);

/* The line KEY=PREFIX"PATH" for keys that take quoted paths without C escapes, or KEY=PATH for those that
 * take the rest of the line (quoted false). path is absolute; prefix goes in front of it, as "+" or "-+".
 * -EINVAL: a control character, which these keys have no way to say. */
typedef struct UnitPath {
        const char *key, *prefix, *path;
        bool quoted;
} UnitPath;
int unit_write_path(StringBuf *out, const UnitPath *p, Diag *diag);
