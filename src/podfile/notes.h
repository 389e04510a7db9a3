/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "podfile/parser.h"

/* Inside podfile/ only: what is wrong, noted while reading. All return 0, or -ENOMEM. */

/* Whether there are so many notes that no more are kept, so that making one up would be in vain. */
bool podfile_notes_full(const PodFileParser *p);
/* Notes at p->position, or elsewhere. */
int podfile_error(PodFileParser *p, const char *format, ...) _printf_(2, 3);
int podfile_error_at(PodFileParser *p, PodFilePosition position, const char *format, ...) _printf_(3, 4);
int podfile_warning_at(PodFileParser *p, PodFilePosition position, const char *format, ...) _printf_(3, 4);
int podfile_unknown(PodFileParser *p, PodFilePosition position, const char *format, ...) _printf_(3, 4);
/* 'KEY=: "VALUE" ' and then what is wrong with it. */
int podfile_bad_value(PodFileParser *p, const char *key, const char *value, const char *problem);
/* The same with what a Diag without position says; "what" goes before it if not NULL. */
int podfile_error_diag(PodFileParser *p, const char *what, const Diag *d);
