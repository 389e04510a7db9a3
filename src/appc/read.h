/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "appc/types.h"
#include "basic/json-read.h"

/* What image and pod manifests have in common: readers of appc's types for the field tables (JsonReader), and
 * their writers. A manifest has limits on all counts, so that what is built from one stays small. */

#define LABELS_MAX 1024
#define ANNOTATIONS_MAX 1024
#define ENVIRONMENT_MAX 8192
#define ISOLATORS_MAX 256
#define USER_PAIRS_MAX 1024
/* So that what was read from an image manifest still fits where it stands deeper, in a pod manifest. */
#define ISOLATOR_DEPTH_MAX 16

/* An array of objects whose "name" differs. */
#define NAMED_ITEMS(item, limit, reader)                                        \
        { .item_size = sizeof(item), .max = (limit), .type = JSON_OBJECT,       \
          .read = (reader), .unique = true, .name_offset = offsetof(item, name) }

/* char **: names and ids. An image id of more than 64 digits is cut to the store key it begins with. */
int appc_read_name(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
int appc_read_app_name(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
int appc_read_identifier(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
int appc_read_image_id(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
int appc_read_version(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
int appc_read_absolute_path(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
/* As appc_read_absolute_path(), but "" counts as absent (NULL). */
int appc_read_directory(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
int appc_read_not_empty(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);

/* uint32_t *: a user or group id that is not "unset"; uint16_t *: 1 to 65535. */
int appc_read_id(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
int appc_read_port_number(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);

/* NameValueList *: a list of {"name": …, "value": …}, names unique; or an object of strings (user maps). */
int appc_read_labels(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
int appc_read_annotations(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
int appc_read_environment(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
int appc_read_user_map(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
/* IsolatorList *: values stay JSON text, known or not. */
int appc_read_isolators(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);

/* Go's omitempty: nothing is written for an empty list. Maps are sorted by key, as Go does. */
void appc_write_pairs(const NameValueList *l, const char *key, JsonWriter *w);
void appc_write_user_map(const NameValueList *l, const char *key, JsonWriter *w);
void appc_write_isolators(const IsolatorList *l, const char *key, JsonWriter *w);
/* Nothing for NULL. */
void appc_write_optional(const char *s, const char *key, JsonWriter *w);
void appc_write_strv(char *const *l, const char *key, JsonWriter *w);
