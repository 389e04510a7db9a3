/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "appc/types.h"
#include "basic/json-read.h"

/* The "app" object that image and pod manifests share (appc spec, "spec/aci.md"). All strings are owned. */

typedef struct MountPoint {
        char *name;
        char *path; /* absolute */
        bool read_only;
} MountPoint;

typedef struct Port {
        char *name;
        char *protocol; /* "tcp", "udp" */
        uint16_t port;
        uint16_t count; /* 1 and up */
        bool socket_activated;
} Port;

typedef struct EventHandler {
        char *name; /* "pre-start" or "post-stop" */
        char **exec;
} EventHandler;

typedef struct App {
        char **exec; /* strv; may be NULL or empty: then --exec is needed */
        EventHandler *event_handlers;
        size_t n_event_handlers;
        char *user, *group; /* id, name or absolute path, as the manifest says */
        gid_t *supplementary_gids;
        size_t n_supplementary_gids;
        char *working_directory; /* absolute or NULL */
        NameValueList environment;
        MountPoint *mount_points;
        size_t n_mount_points;
        Port *ports;
        size_t n_ports;
        IsolatorList isolators;
        NameValueList user_annotations, user_labels;
} App;

App *app_free(App *a);
DEFINE_POINTER_CLEANUP(App *, app_free)
int app_new(App **ret); /* user and group "0", nothing else */
int app_copy(const App *a, App **ret);

/* Readers for field tables (JsonReader); target: App **, Port *. -EBADMSG with the field in diag. */
int app_read(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
int port_read(const JsonValue *v, const JsonPath *path, void *target, Diag *diag);
void app_write(const App *a, const char *key, JsonWriter *w);
void port_write(const Port *p, const char *key, JsonWriter *w);
void port_done(Port *p);
