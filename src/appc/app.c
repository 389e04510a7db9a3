/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/app.h"
#include "appc/read.h"
#include "basic/strv.h"

/* Tables of fields, in the order in which appc's own encoder writes them; the writers follow the same
 * order, so that what rkt(1) shows is byte for byte what rkt showed. */

#define EXEC_MAX 16384
#define EVENT_HANDLERS_MAX 2
#define GIDS_MAX 65536 /* NGROUPS_MAX */
#define MOUNT_POINTS_MAX 1024
#define PORTS_MAX 1024

static void event_handler_done(EventHandler *h) {
        free(h->name);
        strv_free(h->exec);
}

App *app_free(App *a) {
        if (!a)
                return NULL;
        strv_free(a->exec);
        for (size_t i = 0; i < a->n_event_handlers; i++)
                event_handler_done(&a->event_handlers[i]);
        free(a->event_handlers);
        free(a->user);
        free(a->group);
        free(a->supplementary_gids);
        free(a->working_directory);
        name_value_list_done(&a->environment);
        for (size_t i = 0; i < a->n_mount_points; i++) {
                free(a->mount_points[i].name);
                free(a->mount_points[i].path);
        }
        free(a->mount_points);
        for (size_t i = 0; i < a->n_ports; i++)
                port_done(&a->ports[i]);
        free(a->ports);
        isolator_list_done(&a->isolators);
        name_value_list_done(&a->user_annotations);
        name_value_list_done(&a->user_labels);
        free(a);
        return NULL;
}

void port_done(Port *p) {
        free(p->name);
        free(p->protocol);
        *p = (Port){};
}

int app_new(App **ret) {
        _cleanup_(app_freep) App *a = calloc(1, sizeof(App));

        if (!a)
                return -ENOMEM;
        a->user = strdup("0");
        a->group = strdup("0");
        if (!a->user || !a->group)
                return -ENOMEM;
        *ret = TAKE_PTR(a);
        return 0;
}

/* NULL stays NULL. */
static int copy_string(const char *from, char **to) {
        *to = from ? strdup(from) : NULL;
        return from && !*to ? -ENOMEM : 0;
}

static int copy_strv(char *const *from, char ***to) {
        *to = from ? strv_copy(from) : NULL;
        return from && !*to ? -ENOMEM : 0;
}

static int copy_event_handlers(const App *from, App *to) {
        if (from->n_event_handlers == 0)
                return 0;
        to->event_handlers = calloc(from->n_event_handlers, sizeof(EventHandler));
        if (!to->event_handlers)
                return -ENOMEM;
        for (size_t i = 0; i < from->n_event_handlers; i++) {
                to->n_event_handlers = i + 1;
                if (copy_string(from->event_handlers[i].name, &to->event_handlers[i].name) < 0 ||
                    copy_strv(from->event_handlers[i].exec, &to->event_handlers[i].exec) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int copy_mount_points(const App *from, App *to) {
        if (from->n_mount_points == 0)
                return 0;
        to->mount_points = calloc(from->n_mount_points, sizeof(MountPoint));
        if (!to->mount_points)
                return -ENOMEM;
        for (size_t i = 0; i < from->n_mount_points; i++) {
                to->n_mount_points = i + 1;
                to->mount_points[i].read_only = from->mount_points[i].read_only;
                if (copy_string(from->mount_points[i].name, &to->mount_points[i].name) < 0 ||
                    copy_string(from->mount_points[i].path, &to->mount_points[i].path) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int copy_ports(const App *from, App *to) {
        if (from->n_ports == 0)
                return 0;
        to->ports = calloc(from->n_ports, sizeof(Port));
        if (!to->ports)
                return -ENOMEM;
        for (size_t i = 0; i < from->n_ports; i++) {
                const Port *p = &from->ports[i];

                to->n_ports = i + 1;
                to->ports[i] = (Port){
                        .port = p->port, .count = p->count, .socket_activated = p->socket_activated,
                };
                if (copy_string(p->name, &to->ports[i].name) < 0 ||
                    copy_string(p->protocol, &to->ports[i].protocol) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int copy_gids(const App *from, App *to) {
        if (from->n_supplementary_gids == 0)
                return 0;
        to->supplementary_gids = calloc(from->n_supplementary_gids, sizeof(gid_t));
        if (!to->supplementary_gids)
                return -ENOMEM;
        memcpy(to->supplementary_gids, from->supplementary_gids, from->n_supplementary_gids * sizeof(gid_t));
        to->n_supplementary_gids = from->n_supplementary_gids;
        return 0;
}

int app_copy(const App *a, App **ret) {
        _cleanup_(app_freep) App *copy = calloc(1, sizeof(App));

        if (!copy)
                return -ENOMEM;
        if (copy_strv(a->exec, &copy->exec) < 0 || copy_event_handlers(a, copy) < 0 ||
            copy_string(a->user, &copy->user) < 0 || copy_string(a->group, &copy->group) < 0 ||
            copy_gids(a, copy) < 0 || copy_string(a->working_directory, &copy->working_directory) < 0 ||
            name_value_list_copy(&a->environment, &copy->environment) < 0 || copy_mount_points(a, copy) < 0 ||
            copy_ports(a, copy) < 0 || isolator_list_copy(&a->isolators, &copy->isolators) < 0 ||
            name_value_list_copy(&a->user_annotations, &copy->user_annotations) < 0 ||
            name_value_list_copy(&a->user_labels, &copy->user_labels) < 0)
                return -ENOMEM;
        *ret = TAKE_PTR(copy);
        return 0;
}

static int read_exec(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        return json_read_strv(v, path, EXEC_MAX, target, diag);
}

static int read_handler_name(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        if (!streq(json_string(v), "pre-start") && !streq(json_string(v), "post-stop"))
                return json_path_error(path, diag, "must be \"pre-start\" or \"post-stop\"");
        return json_read_string(v, path, target, diag);
}

static int read_event_handler(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonField fields[] = {
                { "name", .type = JSON_STRING, .required = true, .offset = offsetof(EventHandler, name),
                  .read = read_handler_name },
                { "exec", .type = JSON_ARRAY, .required = true, .offset = offsetof(EventHandler, exec),
                  .read = read_exec },
        };

        return json_read_object(v, path, &(JsonObjectSpec){ fields, ELEMENTSOF(fields), 0 }, target, diag);
}

static int read_event_handlers(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonArraySpec spec = NAMED_ITEMS(EventHandler, EVENT_HANDLERS_MAX, read_event_handler);
        App *a = target;

        return json_read_items(v, path, &spec, (JsonArray){ &a->event_handlers, &a->n_event_handlers }, diag);
}

static int read_gids(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        const JsonArraySpec spec = { sizeof(gid_t), GIDS_MAX, JSON_INTEGER, appc_read_id };
        App *a = target;

        return json_read_items(v, path, &spec,
                               (JsonArray){ &a->supplementary_gids, &a->n_supplementary_gids }, diag);
}

static int read_mount_point(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonField fields[] = {
                { "name", .type = JSON_STRING, .required = true, .offset = offsetof(MountPoint, name),
                  .read = appc_read_name },
                { "path", .type = JSON_STRING, .required = true, .offset = offsetof(MountPoint, path),
                  .read = appc_read_absolute_path },
                { "readOnly", .type = JSON_BOOLEAN, .offset = offsetof(MountPoint, read_only),
                  .read = json_read_boolean },
        };

        return json_read_object(v, path, &(JsonObjectSpec){ fields, ELEMENTSOF(fields), 0 }, target, diag);
}

static int read_mount_points(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonArraySpec spec = NAMED_ITEMS(MountPoint, MOUNT_POINTS_MAX, read_mount_point);
        App *a = target;

        return json_read_items(v, path, &spec, (JsonArray){ &a->mount_points, &a->n_mount_points }, diag);
}

/* appc's encoder has no omitempty here: 0 stands for the default, 1. */
static int read_port_count(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        uint16_t *ret = target;
        int64_t count;

        int r = json_read_integer(v, path, (JsonRange){ 0, 65535 }, &count, diag);
        if (r < 0)
                return r;
        *ret = (uint16_t) count;
        return 0;
}

int port_read(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonField fields[] = {
                { "name", .type = JSON_STRING, .required = true, .offset = offsetof(Port, name),
                  .read = appc_read_name },
                { "protocol", .type = JSON_STRING, .required = true, .offset = offsetof(Port, protocol),
                  .read = appc_read_not_empty },
                { "port", .type = JSON_INTEGER, .required = true, .offset = offsetof(Port, port),
                  .read = appc_read_port_number },
                { "count", .type = JSON_INTEGER, .offset = offsetof(Port, count), .read = read_port_count },
                { "socketActivated", .type = JSON_BOOLEAN, .offset = offsetof(Port, socket_activated),
                  .read = json_read_boolean },
        };
        Port *p = target;

        int r = json_read_object(v, path, &(JsonObjectSpec){ fields, ELEMENTSOF(fields), 0 }, p, diag);
        if (r < 0)
                return r;
        if (p->count == 0)
                p->count = 1;
        if ((unsigned) p->port + p->count > 65536)
                return json_path_error(path, diag, "the range of ports ends above 65535");
        return 0;
}

static int read_ports(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonArraySpec spec = NAMED_ITEMS(Port, PORTS_MAX, port_read);
        App *a = target;

        return json_read_items(v, path, &spec, (JsonArray){ &a->ports, &a->n_ports }, diag);
}

int app_read(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        /* The specification's text writes "supplementaryGids" in its example, "supplementaryGIDs"
         * elsewhere. */
        static const JsonField fields[] = {
                { "exec", .type = JSON_ARRAY, .offset = offsetof(App, exec), .read = read_exec },
                { "eventHandlers", .type = JSON_ARRAY, .read = read_event_handlers },
                { "user", .type = JSON_STRING, .required = true, .offset = offsetof(App, user),
                  .read = appc_read_not_empty },
                { "group", .type = JSON_STRING, .required = true, .offset = offsetof(App, group),
                  .read = appc_read_not_empty },
                { "supplementaryGIDs", "supplementaryGids", .type = JSON_ARRAY, .read = read_gids },
                { "workingDirectory", .type = JSON_STRING, .offset = offsetof(App, working_directory),
                  .read = appc_read_directory },
                { "environment", .type = JSON_ARRAY, .offset = offsetof(App, environment),
                  .read = appc_read_environment },
                { "mountPoints", .type = JSON_ARRAY, .read = read_mount_points },
                { "ports", .type = JSON_ARRAY, .read = read_ports },
                { "isolators", .type = JSON_ARRAY, .offset = offsetof(App, isolators),
                  .read = appc_read_isolators },
                { "userAnnotations", .type = JSON_OBJECT, .offset = offsetof(App, user_annotations),
                  .read = appc_read_user_map },
                { "userLabels", .type = JSON_OBJECT, .offset = offsetof(App, user_labels),
                  .read = appc_read_user_map },
        };
        _cleanup_(app_freep) App *a = calloc(1, sizeof(App));
        App **ret = target;

        if (!a)
                return -ENOMEM;
        int r = json_read_object(v, path, &(JsonObjectSpec){ fields, ELEMENTSOF(fields), 0 }, a, diag);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(a);
        return 0;
}

void port_write(const Port *p, const char *key, JsonWriter *w) {
        json_write_object_begin(w, key);
        json_write_string(w, "name", p->name);
        json_write_string(w, "protocol", p->protocol);
        json_write_integer(w, "port", p->port);
        json_write_integer(w, "count", p->count);
        json_write_boolean(w, "socketActivated", p->socket_activated);
        json_write_object_end(w);
}

static void write_event_handlers(const App *a, JsonWriter *w) {
        if (a->n_event_handlers == 0)
                return;
        json_write_array_begin(w, "eventHandlers");
        for (size_t i = 0; i < a->n_event_handlers; i++) {
                json_write_object_begin(w, /* key= */ NULL);
                json_write_string(w, "name", a->event_handlers[i].name);
                appc_write_strv(a->event_handlers[i].exec, "exec", w);
                json_write_object_end(w);
        }
        json_write_array_end(w);
}

static void write_gids(const App *a, JsonWriter *w) {
        if (a->n_supplementary_gids == 0)
                return;
        json_write_array_begin(w, "supplementaryGIDs");
        for (size_t i = 0; i < a->n_supplementary_gids; i++)
                json_write_integer(w, /* key= */ NULL, a->supplementary_gids[i]);
        json_write_array_end(w);
}

static void write_mount_points(const App *a, JsonWriter *w) {
        if (a->n_mount_points == 0)
                return;
        json_write_array_begin(w, "mountPoints");
        for (size_t i = 0; i < a->n_mount_points; i++) {
                json_write_object_begin(w, /* key= */ NULL);
                json_write_string(w, "name", a->mount_points[i].name);
                json_write_string(w, "path", a->mount_points[i].path);
                if (a->mount_points[i].read_only)
                        json_write_boolean(w, "readOnly", true);
                json_write_object_end(w);
        }
        json_write_array_end(w);
}

static void write_ports(const App *a, JsonWriter *w) {
        if (a->n_ports == 0)
                return;
        json_write_array_begin(w, "ports");
        for (size_t i = 0; i < a->n_ports; i++)
                port_write(&a->ports[i], /* key= */ NULL, w);
        json_write_array_end(w);
}

void app_write(const App *a, const char *key, JsonWriter *w) {
        json_write_object_begin(w, key);
        /* not omitempty: an absent list is null, an empty one is [] */
        if (a->exec)
                appc_write_strv(a->exec, "exec", w);
        else
                json_write_null(w, "exec");
        write_event_handlers(a, w);
        json_write_string(w, "user", a->user);
        json_write_string(w, "group", a->group);
        write_gids(a, w);
        appc_write_optional(a->working_directory, "workingDirectory", w);
        appc_write_pairs(&a->environment, "environment", w);
        write_mount_points(a, w);
        write_ports(a, w);
        appc_write_isolators(&a->isolators, "isolators", w);
        appc_write_user_map(&a->user_annotations, "userAnnotations", w);
        appc_write_user_map(&a->user_labels, "userLabels", w);
        json_write_object_end(w);
}
