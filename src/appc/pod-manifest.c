/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>

#include "appc/pod-manifest.h"
#include "appc/read.h"
#include "appc/volume.h"

#define APPS_MAX 256
#define VOLUMES_MAX 1024
#define MOUNTS_MAX 1024
#define EXPOSED_PORTS_MAX 1024

#define POD_MANIFEST_KIND "PodManifest"

static void runtime_app_done(RuntimeApp *a) {
        free(a->name);
        free(a->image_id);
        free(a->image_name);
        name_value_list_done(&a->image_labels);
        app_free(a->app);
        for (size_t i = 0; i < a->n_mounts; i++)
                mount_done(&a->mounts[i]);
        free(a->mounts);
        name_value_list_done(&a->annotations);
}

static void exposed_port_done(ExposedPort *p) {
        free(p->name);
        free(p->host_ip);
        if (p->pod_port)
                port_done(p->pod_port);
        free(p->pod_port);
}

PodManifest *pod_manifest_free(PodManifest *m) {
        if (!m)
                return NULL;
        free(m->ac_version);
        for (size_t i = 0; i < m->n_apps; i++)
                runtime_app_done(&m->apps[i]);
        free(m->apps);
        for (size_t i = 0; i < m->n_volumes; i++)
                volume_done(&m->volumes[i]);
        free(m->volumes);
        isolator_list_done(&m->isolators);
        name_value_list_done(&m->annotations);
        for (size_t i = 0; i < m->n_ports; i++)
                exposed_port_done(&m->ports[i]);
        free(m->ports);
        name_value_list_done(&m->user_annotations);
        name_value_list_done(&m->user_labels);
        free(m);
        return NULL;
}

int pod_manifest_new(PodManifest **ret) {
        _cleanup_(pod_manifest_freep) PodManifest *m = calloc(1, sizeof(PodManifest));

        if (!m)
                return -ENOMEM;
        m->ac_version = strdup(APPC_VERSION);
        if (!m->ac_version)
                return -ENOMEM;
        *ret = TAKE_PTR(m);
        return 0;
}

/* Adds a zeroed item to the array at *items; returns it. */
static void *add_item(void *items, size_t *n, size_t item_size) {
        char *array = reallocarray(*(void **) items, *n + 1, item_size);

        if (!array)
                return NULL;
        *(void **) items = array;
        return memset(array + (*n)++ * item_size, 0, item_size);
}

RuntimeApp *pod_manifest_add_app(PodManifest *m) {
        return add_item(&m->apps, &m->n_apps, sizeof(RuntimeApp));
}

Volume *pod_manifest_add_volume(PodManifest *m) {
        Volume *v = add_item(&m->volumes, &m->n_volumes, sizeof(Volume));

        if (v)
                volume_init(v);
        return v;
}

Mount *runtime_app_add_mount(RuntimeApp *a) {
        Mount *m = add_item(&a->mounts, &a->n_mounts, sizeof(Mount));

        if (m)
                m->read_only = -1;
        return m;
}

const RuntimeApp *pod_manifest_find_app(const PodManifest *m, const char *name) {
        for (size_t i = 0; i < m->n_apps; i++)
                if (streq_ptr(m->apps[i].name, name))
                        return &m->apps[i];
        return NULL;
}

const Volume *pod_manifest_find_volume(const PodManifest *m, const char *name) {
        for (size_t i = 0; i < m->n_volumes; i++)
                if (streq_ptr(m->volumes[i].name, name))
                        return &m->volumes[i];
        return NULL;
}

static int read_kind(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        if (!streq(json_string(v), POD_MANIFEST_KIND))
                return json_path_error(path, diag, "must be \"%s\"", POD_MANIFEST_KIND);
        return 0;
}

static int read_image(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonField fields[] = {
                { "name", .type = JSON_STRING, .offset = offsetof(RuntimeApp, image_name),
                  .read = appc_read_identifier },
                { "id", .type = JSON_STRING, .required = true, .offset = offsetof(RuntimeApp, image_id),
                  .read = appc_read_image_id },
                { "labels", .type = JSON_ARRAY, .offset = offsetof(RuntimeApp, image_labels),
                  .read = appc_read_labels },
        };

        return json_read_object(v, path, &(JsonObjectSpec){ fields, ELEMENTSOF(fields), 0 }, target, diag);
}

static int read_mounts(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        const JsonArraySpec spec = { sizeof(Mount), MOUNTS_MAX, JSON_OBJECT, mount_read };
        RuntimeApp *a = target;

        return json_read_items(v, path, &spec, (JsonArray){ &a->mounts, &a->n_mounts }, diag);
}

static int read_runtime_app(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonField fields[] = {
                { "name", .type = JSON_STRING, .required = true, .offset = offsetof(RuntimeApp, name),
                  .read = appc_read_app_name },
                { "image", .type = JSON_OBJECT, .required = true, .read = read_image },
                { "app", .type = JSON_OBJECT, .offset = offsetof(RuntimeApp, app), .read = app_read },
                { "readOnlyRootFS", .type = JSON_BOOLEAN, .offset = offsetof(RuntimeApp, read_only_rootfs),
                  .read = json_read_boolean },
                { "mounts", .type = JSON_ARRAY, .read = read_mounts },
                { "annotations", .type = JSON_ARRAY, .offset = offsetof(RuntimeApp, annotations),
                  .read = appc_read_annotations },
        };

        return json_read_object(v, path, &(JsonObjectSpec){ fields, ELEMENTSOF(fields), 0 }, target, diag);
}

static int read_apps(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonArraySpec spec = NAMED_ITEMS(RuntimeApp, APPS_MAX, read_runtime_app);
        PodManifest *m = target;

        return json_read_items(v, path, &spec, (JsonArray){ &m->apps, &m->n_apps }, diag);
}

static int read_volumes(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonArraySpec spec = NAMED_ITEMS(Volume, VOLUMES_MAX, volume_read);
        PodManifest *m = target;

        return json_read_items(v, path, &spec, (JsonArray){ &m->volumes, &m->n_volumes }, diag);
}

static int read_host_ip(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        unsigned char address[sizeof(struct in6_addr)];
        const char *s = json_string(v);

        if (isempty(s))
                return 0;
        if (inet_pton(AF_INET, s, address) <= 0 && inet_pton(AF_INET6, s, address) <= 0)
                return json_path_error(path, diag, "must be an IP address");
        return json_read_string(v, path, target, diag);
}

static int read_pod_port(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        Port **ret = target;

        *ret = calloc(1, sizeof(Port));
        return *ret ? port_read(v, path, *ret, diag) : -ENOMEM;
}

static int read_exposed_port(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonField fields[] = {
                { "name", .type = JSON_STRING, .required = true, .offset = offsetof(ExposedPort, name),
                  .read = appc_read_name },
                { "hostPort", .type = JSON_INTEGER, .required = true,
                  .offset = offsetof(ExposedPort, host_port), .read = appc_read_port_number },
                { "hostIP", .type = JSON_STRING, .offset = offsetof(ExposedPort, host_ip),
                  .read = read_host_ip },
                { "podPort", .type = JSON_OBJECT, .offset = offsetof(ExposedPort, pod_port),
                  .read = read_pod_port },
        };

        return json_read_object(v, path, &(JsonObjectSpec){ fields, ELEMENTSOF(fields), 0 }, target, diag);
}

static int read_exposed_ports(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonArraySpec spec = NAMED_ITEMS(ExposedPort, EXPOSED_PORTS_MAX, read_exposed_port);
        PodManifest *m = target;

        return json_read_items(v, path, &spec, (JsonArray){ &m->ports, &m->n_ports }, diag);
}

static const JsonField manifest_fields[] = {
        { "acVersion", .type = JSON_STRING, .required = true, .offset = offsetof(PodManifest, ac_version),
          .read = appc_read_version },
        { "acKind", .type = JSON_STRING, .required = true, .read = read_kind },
        { "apps", .type = JSON_ARRAY, .required = true, .read = read_apps },
        { "volumes", .type = JSON_ARRAY, .read = read_volumes },
        { "isolators", .type = JSON_ARRAY, .offset = offsetof(PodManifest, isolators),
          .read = appc_read_isolators },
        { "annotations", .type = JSON_ARRAY, .offset = offsetof(PodManifest, annotations),
          .read = appc_read_annotations },
        { "ports", .type = JSON_ARRAY, .read = read_exposed_ports },
        { "userAnnotations", .type = JSON_OBJECT, .offset = offsetof(PodManifest, user_annotations),
          .read = appc_read_user_map },
        { "userLabels", .type = JSON_OBJECT, .offset = offsetof(PodManifest, user_labels),
          .read = appc_read_user_map },
};

int pod_manifest_parse(const char *file, const char *text, size_t size, PodManifest **ret, Diag *diag) {
        const JsonSource source = { .file = file, .text = text, .size = size, .max = POD_MANIFEST_MAX };
        const JsonObjectSpec spec = { manifest_fields, ELEMENTSOF(manifest_fields), 0 };

        _cleanup_(pod_manifest_freep) PodManifest *m = calloc(1, sizeof(PodManifest));
        if (!m)
                return -ENOMEM;
        int r = json_read_document(&source, &spec, m, diag);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

static void write_runtime_app(const RuntimeApp *a, JsonWriter *w) {
        json_write_object_begin(w, /* key= */ NULL);
        json_write_string(w, "name", a->name);
        json_write_object_begin(w, "image");
        appc_write_optional(a->image_name, "name", w);
        json_write_string(w, "id", a->image_id);
        appc_write_pairs(&a->image_labels, "labels", w);
        json_write_object_end(w);
        if (a->app)
                app_write(a->app, "app", w);
        if (a->read_only_rootfs)
                json_write_boolean(w, "readOnlyRootFS", true);
        if (a->n_mounts > 0) {
                json_write_array_begin(w, "mounts");
                for (size_t i = 0; i < a->n_mounts; i++)
                        mount_write(&a->mounts[i], /* key= */ NULL, w);
                json_write_array_end(w);
        }
        appc_write_pairs(&a->annotations, "annotations", w);
        json_write_object_end(w);
}

static void write_exposed_port(const ExposedPort *p, JsonWriter *w) {
        json_write_object_begin(w, /* key= */ NULL);
        json_write_string(w, "name", p->name);
        json_write_integer(w, "hostPort", p->host_port);
        appc_write_optional(p->host_ip, "hostIP", w);
        if (p->pod_port)
                port_write(p->pod_port, "podPort", w);
        json_write_object_end(w);
}

/* appc's encoder has no omitempty on the pod's own lists: those that are not there are null. */
static void write_volumes(const PodManifest *m, JsonWriter *w) {
        if (m->n_volumes == 0)
                return json_write_null(w, "volumes");
        json_write_array_begin(w, "volumes");
        for (size_t i = 0; i < m->n_volumes; i++)
                volume_write(&m->volumes[i], /* key= */ NULL, w);
        json_write_array_end(w);
}

static void write_exposed_ports(const PodManifest *m, JsonWriter *w) {
        if (m->n_ports == 0)
                return json_write_null(w, "ports");
        json_write_array_begin(w, "ports");
        for (size_t i = 0; i < m->n_ports; i++)
                write_exposed_port(&m->ports[i], w);
        json_write_array_end(w);
}

int pod_manifest_format(const PodManifest *m, bool pretty, char **ret) {
        _cleanup_(json_writer_freep) JsonWriter *w = NULL;

        int r = json_writer_new(pretty, &w);
        if (r < 0)
                return r;
        json_write_object_begin(w, /* key= */ NULL);
        json_write_string(w, "acVersion", m->ac_version);
        json_write_string(w, "acKind", POD_MANIFEST_KIND);
        json_write_array_begin(w, "apps");
        for (size_t i = 0; i < m->n_apps; i++)
                write_runtime_app(&m->apps[i], w);
        json_write_array_end(w);
        write_volumes(m, w);
        if (m->isolators.n > 0)
                appc_write_isolators(&m->isolators, "isolators", w);
        else
                json_write_null(w, "isolators");
        if (m->annotations.n > 0)
                appc_write_pairs(&m->annotations, "annotations", w);
        else
                json_write_null(w, "annotations");
        write_exposed_ports(m, w);
        appc_write_user_map(&m->user_annotations, "userAnnotations", w);
        appc_write_user_map(&m->user_labels, "userLabels", w);
        json_write_object_end(w);
        return json_writer_take(w, ret);
}
