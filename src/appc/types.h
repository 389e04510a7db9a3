/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "basic/json.h"

/* The types of the App Container specification 0.8.11 (appc spec, "spec/types.md"). No I/O. */

#define APPC_VERSION "0.8.11"

#define AC_NAME_MAX 512
/* An app's name is also that of directories and units. */
#define APP_NAME_MAX 128
/* Length of an image id as rkt's store keys it: "sha512-" and the first 64 hex digits. */
#define IMAGE_ID_HEX 64
#define IMAGE_ID_FULL_HEX 128
#define IMAGE_ID_LENGTH (7 + IMAGE_ID_HEX)
#define IMAGE_ID_SHORT_HEX 12

/* AC Name: ^[a-z0-9]+([-][a-z0-9]+)*$, at most AC_NAME_MAX bytes */
bool ac_name_is_valid(const char *s);
/* AC Identifier: ^[a-z0-9]+(([-._~/]|/~)[a-z0-9]+)*$, at most AC_NAME_MAX bytes. So no "/"-separated part is
 * empty, "." or "..". */
bool ac_identifier_is_valid(const char *s);
/* A valid AC Name of at most APP_NAME_MAX bytes from any text (lower case, runs of other bytes become "-");
 * -EINVAL if nothing is left. */
int ac_name_sanitize(const char *s, char **ret);
/* App name from an image name: its last component, sanitized. */
int ac_name_from_image(const char *image_name, char **ret);

/* "sha512-" + 64 lower-case hex: a store key. */
bool image_id_is_valid(const char *s);
/* "sha512-" + 2 or more, at most 128, hex digits of either case: what a user may give. */
bool image_id_is_prefix(const char *s);

/* Ordered name/value lists: labels, annotations, environment. Names unique. */
typedef struct NameValue {
        char *name;
        char *value;
} NameValue;

typedef struct NameValueList {
        NameValue *items;
        size_t n;
} NameValueList;

void name_value_list_done(NameValueList *l);
/* Adds or replaces; copies both. -ENOMEM. */
int name_value_list_set(NameValueList *l, const char *name, const char *value);
const char *name_value_list_get(const NameValueList *l, const char *name);
int name_value_list_copy(const NameValueList *from, NameValueList *to); /* to must be empty */

/* An isolator: name and its JSON value as compact text, kept as it came; appc/isolators.h reads it. */
typedef struct Isolator {
        char *name;
        char *value; /* JSON text */
} Isolator;

typedef struct IsolatorList {
        Isolator *items;
        size_t n;
} IsolatorList;

void isolator_list_done(IsolatorList *l);
/* Adds, or replaces the last of the same name; copies both. */
int isolator_list_set(IsolatorList *l, const char *name, const char *value);
/* The value of the last isolator of that name, or NULL. */
const char *isolator_list_get(const IsolatorList *l, const char *name);
int isolator_list_copy(const IsolatorList *from, IsolatorList *to); /* to must be empty */
