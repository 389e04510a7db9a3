/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "podfile/keys.h"
#include "podfile/notes.h"

/* The parse and reset functions of the key table, and what they share. */

/* The value with specifiers expanded, resp. its words by systemd.syntax(7) with specifiers expanded in each.
 * 1, or 0 if it was wrong and a note was made. Text is UTF-8; no control characters unless any_text. */
int podfile_value(PodFileParser *p, const char *value, char **ret);
int podfile_words(PodFileParser *p, const char *value, bool any_text, char ***ret);
/* Moves word to the end of the list; notes when it grows over PODFILE_LIST_MAX. */
int podfile_list_add(PodFileParser *p, char ***l, const char *word);

#define DECLARE_PARSER(name) \
        int name(PodFileParser *p, const PodFileKey *key, void *target, const char *value)
#define DECLARE_RESET(name) void name(PodFileParser *p, void *target)

/* values.c: char *, bool, char **, usec_t */
DECLARE_PARSER(parse_bool);
DECLARE_PARSER(parse_path);
DECLARE_PARSER(parse_path_list);
DECLARE_PARSER(parse_environment);
DECLARE_PARSER(parse_command);
DECLARE_PARSER(parse_time);
DECLARE_PARSER(parse_time_text);
DECLARE_PARSER(parse_only_default);
DECLARE_RESET(reset_string);
DECLARE_RESET(reset_list);

/* values-pod.c */
DECLARE_PARSER(parse_machine_name);
DECLARE_PARSER(parse_net);
DECLARE_PARSER(parse_volume);
DECLARE_PARSER(parse_insecure_options);
DECLARE_PARSER(parse_on_unknown_key);
DECLARE_PARSER(parse_min_version);
DECLARE_RESET(reset_nets);

/* values-app.c */
DECLARE_PARSER(parse_app_name);
DECLARE_PARSER(parse_image);
DECLARE_PARSER(parse_mount);
DECLARE_PARSER(parse_after);
DECLARE_PARSER(parse_requires);
DECLARE_PARSER(parse_restart);
DECLARE_PARSER(parse_quantity);
DECLARE_RESET(reset_mounts);
DECLARE_RESET(reset_after);
DECLARE_RESET(reset_requires);
