/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "appc/pod-manifest.h"

/* Volumes and mounts within a pod manifest, for its reader and writer. */

void volume_init(Volume *v); /* no name, no kind, flags not said, appc's default mode */

/* Readers for field tables (JsonReader); target: Volume *, Mount *. */
int volume_read(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
int mount_read(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
void volume_write(const Volume *v, const char *key, JsonWriter *w);
void mount_write(const Mount *m, const char *key, JsonWriter *w);
