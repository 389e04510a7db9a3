/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "podfile/podfile.h"

/* Texts of the drop-ins that a pod file becomes. All of them begin with UNIT_TEXT_MARK. All strings returned
 * are the caller's; -ENOMEM is the only failure. */

#define UNIT_TEXT_MARK "# Made by rkt-generator"

/* Appends s as one quoted word of a unit file's value that stays s: quotes, specifiers and control characters
 * are escaped, and in a command line (is_command) variables too. */
int unit_text_quote(StringBuf *b, const char *s, bool is_command);

/* For pod@NAME.service. */
int unit_text_pod(const PodFile *f, char **ret);
/* For pod-fetch@NAME.service of a pod whose images are not known to be there; "" if there is nothing to say.
 */
int unit_text_fetch(const PodFile *f, char **ret);

/* For pod@NAME.service of a pod file (path) that has an error: the start fails at once and says message.
 * program: absolute path of what says it. */
int unit_text_error(const char *path, const char *program, const char *message, char **ret);
/* For pod@NAME.service of a masked pod file. */
int unit_text_masked(const char *path, char **ret);
/* For pod-fetch@NAME.service of either. */
int unit_text_fetch_nothing(const char *path, char **ret);
